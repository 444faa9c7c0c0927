"""The PagerDuty sink validates and answers as the Events API v2 does."""

from __future__ import annotations

import copy
import json

import pytest

from watchkeeper.sinks.channels import pagerduty
from watchkeeper.sinks.channels.answer import Answer
from watchkeeper.sinks.delivery import Delivery

KEY = "0123456789abcdef0123456789abcdef"
TRIGGER: dict[str, object] = {
    "routing_key": KEY,
    "dedup_key": "one-group",
    "event_action": "trigger",
    "payload": {
        "summary": "[FIRING:1] HighErrorRate helloagents",
        "source": "helloagents",
        "severity": "critical",
        "class": "HighErrorRate",
        "custom_details": {"alertname": "HighErrorRate", "service": "helloagents"},
    },
}


def send(event: object) -> Answer:
    return pagerduty.receive(json.dumps(event).encode(), received=3.0)


def changed(path: str, value: object) -> dict[str, object]:
    event = copy.deepcopy(TRIGGER)
    inner = event
    *parents, last = path.split(".")
    for parent in parents:
        child = inner[parent]
        assert isinstance(child, dict)
        inner = child
    inner[last] = value
    return event


def test_a_trigger_is_accepted_and_its_key_is_redacted() -> None:
    answer = send(TRIGGER)
    expected = Delivery(
        received=3.0,
        channel="pagerduty",
        status="firing",
        alerts=("HighErrorRate",),
        severity="critical",
        service="helloagents",
        summary="[FIRING:1] HighErrorRate helloagents",
        raw=changed("routing_key", "REDACTED"),
    )
    assert expected == answer.delivery
    assert answer.status == 202
    assert json.loads(answer.body) == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "one-group",
    }


def test_class_and_severity_of_the_event_itself_are_read_before_the_details() -> None:
    body = {
        "custom_details": {"severity": "info"},
        "summary": "trouble",
        "source": "api",
        "severity": "error",
    }
    delivery = send(changed("payload", {**body, "class": "FastBurn, slow_burn", "component": "web"})).delivery
    assert delivery is not None
    assert (delivery.alerts, delivery.severity, delivery.service) == (
        ("FastBurn", "slow_burn"),
        "error",
        "web",
    )


def test_a_key_echoed_elsewhere_in_the_event_is_redacted_there_too() -> None:
    answer = send(changed("payload.summary", f"key {KEY} leaked"))
    assert answer.delivery is not None
    assert answer.delivery.summary == "key REDACTED leaked"
    assert KEY not in answer.delivery.to_json()


def test_a_trigger_without_a_dedup_key_is_given_a_new_one() -> None:
    keys = {json.loads(send(changed("dedup_key", "")).body)["dedup_key"] for _ in range(2)}
    assert len(keys - {""}) == 2


@pytest.mark.parametrize(("action", "status"), [("resolve", "resolved"), ("acknowledge", "unknown")])
def test_a_follow_up_needs_only_the_two_keys(action: str, status: str) -> None:
    answer = send({"routing_key": KEY, "dedup_key": "one-group", "event_action": action})
    assert answer.delivery is not None
    assert (202, status) == (answer.status, answer.delivery.status)


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        (changed("routing_key", None), "routing_key"),
        (changed("routing_key", "  "), "routing_key"),
        (changed("routing_key", 17), "routing_key"),
        (changed("event_action", "fire"), "event_action"),
        (changed("event_action", ["trigger"]), "event_action"),
        (changed("payload", None), "payload"),
        (changed("payload.summary", ""), "payload.summary"),
        (changed("payload.source", None), "payload.source"),
        (changed("payload.severity", "page"), "payload.severity"),
        (changed("payload.severity", {}), "payload.severity"),
        ({"routing_key": KEY, "event_action": "resolve"}, "dedup_key"),
        ([TRIGGER], "JSON object"),
    ],
)
def test_an_invalid_event_is_refused_and_told_what_is_wrong(event: object, wrong: str) -> None:
    answer = send(event)
    body = json.loads(answer.body)
    assert (answer.status, body["status"], answer.delivery) == (400, "invalid event", None)
    assert len(body["errors"]) == 1
    assert wrong in body["errors"][0]


def test_all_errors_are_told_at_once() -> None:
    body = json.loads(send({"event_action": "trigger", "payload": {}}).body)
    assert len(body["errors"]) == 4


def test_names_of_all_alerts_in_a_group_are_found_in_alertmanagers_own_details() -> None:
    firing = [{"labels": {"alertname": name, "service": "api"}} for name in ("ServiceDown", "FastBurn")]
    event = changed("payload.custom_details", {"firing": firing, "num_firing": 2})
    event["payload"]["class"] = ""  # type: ignore[index]
    event["payload"]["summary"] = "two things are wrong"  # type: ignore[index]
    delivery = send(event).delivery
    assert delivery is not None
    assert (delivery.alerts, delivery.service) == (("ServiceDown", "FastBurn"), "api")
