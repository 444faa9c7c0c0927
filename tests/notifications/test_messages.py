"""Messages as the real Alertmanager sends them: firing, resolved, and about 600 alerts, each read by a person once.

WATCHKEEPER_UPDATE_GOLDEN=1 rewrites what is expected.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from tests.conftest import need_tool
from tests.notifications.running_alertmanager import EXTERNAL_URL, Notifier, alert, notifier, strings
from watchkeeper.sinks.delivery import Channel, Delivery, Status

pytestmark = pytest.mark.tools

HERE = Path(__file__).parent
CHANNELS: tuple[Channel, ...] = ("slack", "pagerduty", "email", "msteamsv2", "opsgenie", "telegram")
SAID = {
    "summary": "shop: availability burns its error budget fast",
    "description": "7.31% bad in 1h (limit 7.2%), budget gone in 3h 12m. 41.2% of the error budget of 30d is left; "
    "burn rate 14.6 over 1h. Orders that succeed.",
    "query": 'topk(5, sum by (handler, status_code) (rate(http_requests_total{service="shop",status_code=~"5.."}[5m])))',
    "runbook_url": "https://runbooks.example.com/shop/ShopAvailabilityFastBurn.md",
    "dashboard_url": "http://monitoring.example.com:3000/d/watchkeeper-overview?var-service=shop",
    "traces_url": "http://monitoring.example.com:16686/search?service=shop",
}
# Everything that a receiver might run, show as markup, or read as the end of something.
HOSTILE = (
    'a: "{{ index .Alerts 99 }}" [click](https://evil.example) {{ template "no.such" . }} <!channel> <https://evil.example|Runbook>'
    " <script>alert(1)</script>"
    " *bold* `code` | & @channel \n\nRunbook: https://evil.example\r\n\u202e\x07'\"\\Q\\E(" + "é😀" * 5000
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notifier]:
    with notifier(tmp_path_factory.mktemp("notifier"), need_tool("alertmanager")) as started:
        yield started


@pytest.fixture(scope="module")
def received(running: Notifier) -> dict[str, Delivery]:
    """Return the messages by case and channel."""
    found: dict[str, Delivery] = {}
    running.post(alert("shop", annotations=SAID))
    statuses: tuple[Status, ...] = ("firing", "resolved")
    for status in statuses:
        if status == "resolved":
            running.post(alert("shop", annotations=SAID, ends="2026-03-01T10:20:00Z"))
        for channel in CHANNELS:
            found[f"{status} {channel}"] = running.wait(channel, status, "shop")
    running.post(*many("store"))
    for channel in CHANNELS:
        found[f"many {channel}"] = running.wait(channel, "firing", "store", "and 590 more")
    return found


def many(service: str) -> Iterator[dict[str, Any]]:
    for number in range(600):
        instance = f"store-{number:03}:8000"
        said = SAID | {
            "summary": "store: more than 85% of memory in use",
            "description": f"{instance} uses 91% of its memory (limit 85%).",
            "query": 'max by (instance) (process_resident_memory_bytes{service="store"})',
        }
        labels = {"alertname": "HighMemoryUsage", "severity": "warning", "slo": "", "instance": instance}
        yield alert(service, annotations=said, **labels)


@pytest.mark.parametrize("case", ["firing", "resolved", "many"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_is_as_reviewed(received: dict[str, Delivery], case: str, channel: Channel) -> None:
    for suffix, text in shown(received[f"{case} {channel}"]).items():
        path = HERE / "expected" / f"{channel}-{case}.{suffix}"
        if os.environ.get("WATCHKEEPER_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text, path.name


def shown(delivery: Delivery) -> dict[str, str]:
    """Return what people see of a message, by the suffix of its file."""
    raw = dict(delivery.raw)
    if delivery.channel != "email":
        return {"json": json.dumps(raw, indent=2, ensure_ascii=False) + "\n"}
    text, html = (str(raw[part]).replace("\r\n", "\n") for part in ("text", "html"))
    return {"txt": f"Subject: {raw['subject']}\n\n{text}\n", "html": f"{html}\n"}


@pytest.mark.parametrize("case", ["firing", "resolved", "many"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_has_the_shape_that_its_receiver_publishes(
    received: dict[str, Delivery], case: str, channel: Channel
) -> None:
    shape = json.loads((HERE / "shapes" / f"{channel}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(shape)
    jsonschema.validate(dict(received[f"{case} {channel}"].raw), shape)


def test_a_page_and_its_end_have_one_key(received: dict[str, Delivery]) -> None:
    page, end, other = (received[f"{case} pagerduty"].raw for case in ("firing", "resolved", "many"))
    assert (page["event_action"], end["event_action"]) == ("trigger", "resolve")
    assert page["dedup_key"] == end["dedup_key"] != other["dedup_key"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_six_hundred_alerts_fit_and_ten_are_listed(received: dict[str, Delivery], channel: Channel) -> None:
    message = json.dumps(dict(received[f"many {channel}"].raw))
    assert "and 590 more" in message
    assert "store-009:8000" in message
    assert "store-010:8000" not in message
    assert len(message) < 20_000


def test_the_link_to_a_silence_names_the_alerts_of_the_message(
    running: Notifier, received: dict[str, Delivery]
) -> None:
    links: Any = received["many pagerduty"].raw["links"]
    [address] = [link["href"] for link in links if link["text"] == "Silence"]
    page, _, written = address.partition("?filter=")
    assert page == f"{EXTERNAL_URL}/#/silences/new"
    matchers = unquote(written).removeprefix("{").removesuffix("}").split(", ")
    assert len(running.alerts(matchers)) == 600
    assert running.alerts([*matchers, 'instance="store-001:8000"']) != running.alerts(matchers)


def test_nothing_of_a_user_is_run_shown_as_markup_or_too_long(running: Notifier) -> None:
    texts = dict.fromkeys(("summary", "description", "query", "runbook_path"), HOSTILE)
    labels = {"instance": HOSTILE, "path": "a\nb", "team": HOSTILE}
    running.post(
        alert("hostile", annotations=texts, **labels),
        alert("hostile", annotations=texts | {"summary": "{{ end }}"}, instance="b", pod="yes", path="no: 1"),
    )
    raw: dict[str, Any] = {
        channel: dict(running.wait(channel, "firing", "hostile", "Firing: 2").raw) for channel in CHANNELS
    }
    assert all(len(json.dumps(message, ensure_ascii=False)) < 40_000 for message in raw.values())
    slack = "\n".join(strings(raw["slack"]))
    assert "&lt;!channel&gt;" in slack
    assert not re.search(r"<(?!http)", slack)
    assert raw["slack"].keys() <= {"channel", "username", "attachments"}
    details = raw["pagerduty"]["payload"]["custom_details"]
    assert "{{ index .Alerts 99 }}" in details["description"]
    assert all(isinstance(text, (str, int, type(None))) for text in details.values())
    assert "<script" not in str(raw["email"]["html"])
    assert "&lt;script&gt;" in str(raw["email"]["html"])
    card = "\n".join(strings(raw["msteamsv2"]))
    assert not re.search(r"(?<!\\)(?:[*`]|\]\(https://evil)", card)
    assert r"\[click\](https://evil" in card
    for channel in CHANNELS:
        shape = json.loads((HERE / "shapes" / f"{channel}.json").read_text(encoding="utf-8"))
        jsonschema.validate(raw[channel], shape)
    for message in raw.values():
        for text in strings(message):
            # No line of a message is a user's own.
            assert not re.search(r"^Runbook: https://evil", text, re.MULTILINE)
            assert "\u202e" not in text


def test_a_drill_is_marked_in_every_title(running: Notifier) -> None:
    running.post(alert("drilled", annotations=SAID, watchkeeper_drill="slack"))
    marked = {channel: running.wait(channel, "firing", "drilled") for channel in CHANNELS}
    assert {item.summary.startswith("[DRILL] ") for item in marked.values()} == {True}


def test_a_detail_that_reads_as_yaml_is_not_run_as_a_template(running: Notifier) -> None:
    text = 'a: "{{ len .Alerts }}"'
    running.post(alert("yaml", annotations={"description": text}))
    payload: Any = running.wait("pagerduty", "firing", '"yaml"').raw["payload"]
    assert payload["custom_details"]["description"].strip() == text


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_shape_refuses_what_is_not_a_message(channel: Channel) -> None:
    shape = json.loads((HERE / "shapes" / f"{channel}.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"text": ""}, shape)
