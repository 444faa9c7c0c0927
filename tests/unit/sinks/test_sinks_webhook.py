"""The webhook sink takes heartbeats and audit posts in Alertmanager's payload version 4."""

from __future__ import annotations

import json

import pytest

from watchkeeper.sinks.channels import webhook

BEAT = {
    "version": "4",
    "status": "firing",
    "groupLabels": {"alertname": "Watchdog"},
    "alerts": [{"status": "firing", "labels": {"alertname": "Watchdog", "severity": "none"}}],
    "commonAnnotations": {},
}


def test_a_heartbeat_becomes_a_delivery() -> None:
    answer = webhook.receive(json.dumps(BEAT).encode(), received=1.0, name="deadman")
    delivery = answer.delivery
    assert delivery is not None
    assert (
        answer.status,
        delivery.status,
        delivery.alerts,
        delivery.severity,
        delivery.summary,
    ) == (200, "firing", ("Watchdog",), "none", "deadman: Watchdog")
    assert delivery.raw == {"webhook": "deadman", "body": BEAT}


def test_any_other_object_is_kept_with_status_unknown() -> None:
    delivery = webhook.receive(b'{"hello": [1, null]}', received=1.0, name="audit").delivery
    assert delivery is not None
    assert (
        delivery.status,
        delivery.alerts,
        delivery.raw,
    ) == ("unknown", (), {"webhook": "audit", "body": {"hello": [1, None]}})


@pytest.mark.parametrize("name", ["f3a1c2d4-0000-4000-8000-c0ffee123456", "T0KEN", "x" * 40])
def test_a_path_that_looks_like_a_token_is_not_kept(name: str) -> None:
    delivery = webhook.receive(json.dumps(BEAT).encode(), received=1.0, name=name).delivery
    assert delivery is not None
    assert delivery.raw["webhook"] == "REDACTED"
    assert name not in delivery.to_json()


def test_what_is_no_json_object_is_refused() -> None:
    answer = webhook.receive(b"ping", received=1.0, name="deadman")
    assert (answer.status, answer.delivery) == (400, None)
