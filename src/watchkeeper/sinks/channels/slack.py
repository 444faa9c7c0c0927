"""Slack's incoming webhook: its answers, and how to read an Alertmanager message to it."""

from __future__ import annotations

from urllib.parse import parse_qs

from watchkeeper.sinks.channels import payload, reading
from watchkeeper.sinks.channels.answer import Answer
from watchkeeper.sinks.delivery import Delivery, Status

# Alertmanager's default colors; other templates may use hex codes, which carry no status.
_COLOURS: dict[str, Status] = {"danger": "firing", "good": "resolved"}
_HEADLINES = ("title", "pretext", "text", "fallback")


def receive(body: bytes, *, received: float, content_type: str = "application/json") -> Answer:
    """Answer a post as Slack does: 200 ``ok``, or 400 ``invalid_payload`` or ``no_text``."""
    message = payload.load(_json_in(body, content_type=content_type))
    if message is None:
        return Answer(400, "invalid_payload")
    if not (message.get("text") or message.get("attachments") or message.get("blocks")):
        return Answer(400, "no_text")
    return Answer(200, "ok", delivery=_delivery(message, received=received))


def _json_in(body: bytes, *, content_type: str) -> bytes:
    if not content_type.startswith("application/x-www-form-urlencoded"):
        return body
    # Slack also accepts the older form post, with the JSON in a field called payload.
    try:
        form = parse_qs(body.decode(), max_num_fields=16)
    except ValueError:
        return body
    # curl sends JSON with this type by default, so a body without the field is read as JSON.
    return form["payload"][0].encode() if "payload" in form else body


def _delivery(message: dict[str, object], *, received: float) -> Delivery:
    titles = _titles(message)
    found = reading.read([message, _fields(message)], titles=titles)
    return Delivery(
        received=received,
        channel="slack",
        status=found.status if found.status != "unknown" else _status(message, titles=titles),
        alerts=found.alerts,
        severity=found.severity,
        service=found.service,
        summary=reading.short(next(iter(titles), "")),
        raw=message,
    )


def _titles(message: dict[str, object]) -> list[str]:
    attachments = payload.rows(message.get("attachments"))
    lines = [payload.text(row.get(key)) for row in attachments for key in _HEADLINES]
    lines.append(payload.text(message.get("text")))
    lines.extend(value for key, value in payload.strings(message.get("blocks")) if key == "text")
    return [line for line in lines if line]


def _fields(message: dict[str, object]) -> list[str]:
    attachments = payload.rows(message.get("attachments"))
    found = [row for item in attachments for row in payload.rows(item.get("fields"))]
    return [f"{payload.text(row.get('title'))}: {payload.text(row.get('value'))}" for row in found]


def _status(message: dict[str, object], *, titles: list[str]) -> Status:
    colours = [payload.text(row.get("color")) for row in payload.rows(message.get("attachments"))]
    statuses = {_COLOURS[colour] for colour in colours if colour in _COLOURS}
    return statuses.pop() if len(statuses) == 1 else reading.status_in("\n".join(titles))
