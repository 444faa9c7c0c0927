"""The Slack sink answers as Slack does and understands Alertmanager's messages."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from watchkeeper.sinks.channels import slack
from watchkeeper.sinks.delivery import Delivery

FIRING = {
    "channel": "#ops",
    "attachments": [
        {
            "title": "[FIRING:1] HighErrorRate helloagents",
            "text": "7% of requests fail",
            "fields": [{"title": "Severity", "value": "critical", "short": True}],
            "color": "danger",
        }
    ],
}


def accepted(message: object) -> Delivery:
    answer = slack.receive(json.dumps(message).encode(), received=12.5)
    assert (answer.status, answer.body) == (200, "ok")
    assert answer.delivery is not None
    return answer.delivery


def test_an_alertmanager_message_becomes_a_delivery() -> None:
    expected = Delivery(
        received=12.5,
        channel="slack",
        status="firing",
        alerts=("HighErrorRate",),
        severity="critical",
        service="helloagents",
        summary="[FIRING:1] HighErrorRate helloagents",
        raw=FIRING,
    )
    assert expected == accepted(FIRING)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe{}",
        b'{"text": NaN}',
        b'{"text": 1e999}',
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
    ],
)
def test_what_is_no_json_object_is_an_invalid_payload(body: bytes) -> None:
    answer = slack.receive(body, received=0.0)
    assert (answer.status, answer.body, answer.delivery) == (400, "invalid_payload", None)


@pytest.mark.parametrize(
    "message", [{}, {"text": ""}, {"attachments": []}, {"blocks": [], "channel": "#ops"}]
)
def test_a_message_without_content_is_no_text(message: dict[str, object]) -> None:
    answer = slack.receive(json.dumps(message).encode(), received=0.0)
    assert (answer.status, answer.body, answer.delivery) == (400, "no_text", None)


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({"title": "HighErrorRate", "color": "danger"}, "firing"),
        ({"title": "HighErrorRate", "color": "good"}, "resolved"),
        ({"title": "[RESOLVED] HighErrorRate", "color": "danger"}, "resolved"),
        ({"title": "HighErrorRate", "color": "#b00020", "text": "Status: resolved"}, "resolved"),
        ({"title": "HighErrorRate", "color": "#b00020"}, "unknown"),
    ],
)
def test_status_comes_from_the_title_then_the_colour_then_the_text(
    attachment: dict[str, str], expected: str
) -> None:
    assert expected == accepted({"attachments": [attachment]}).status


def test_plain_text_and_blocks_are_read_like_titles() -> None:
    block = {"type": "header", "text": {"type": "plain_text", "text": "[RESOLVED] ServiceDown helloagents"}}
    found = [accepted({"text": "[FIRING:1] ServiceDown helloagents"}), accepted({"blocks": [block]})]
    expected = [("firing", ("ServiceDown",), "helloagents"), ("resolved", ("ServiceDown",), "helloagents")]
    assert expected == [(item.status, item.alerts, item.service) for item in found]


def test_the_older_form_post_is_accepted() -> None:
    body = urlencode({"payload": json.dumps(FIRING)}).encode()
    form = slack.receive(body, received=12.5, content_type="application/x-www-form-urlencoded")
    assert accepted(FIRING) == form.delivery


def test_an_incoming_webhook_address_inside_a_message_is_redacted() -> None:
    secret = "https://hooks.slack.com/services/T1/B2/s3cr3t"
    line = accepted({"text": f"[FIRING:1] ServiceDown api <{secret}|here>"}).to_json()
    assert "https://hooks.slack.com/REDACTED|here" in line
    assert "s3cr3t" not in line
