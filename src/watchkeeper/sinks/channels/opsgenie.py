"""Opsgenie's alert API: its validation and answers, and how to read an alert and its end."""

from __future__ import annotations

from watchkeeper.sinks.channels import payload, reading
from watchkeeper.sinks.channels.answer import Answer, json_answer
from watchkeeper.sinks.delivery import Delivery, Status

_PRIORITIES = ("P1", "P2", "P3", "P4", "P5")


def receive(body: bytes, *, received: float, closed: str | None = None) -> Answer:
    """Answer as Opsgenie does: 202 for an alert, or for the end of the one with the alias `closed`; 422 otherwise."""
    message = payload.load(body)
    if message is None:
        return json_answer({"message": "Request body is not processable", "took": 0.0}, status=422)
    if closed is None and (not payload.text(message.get("message")) or not _has_priority(message)):
        return json_answer({"message": "Request body is not processable", "took": 0.0}, status=422)
    raw = message if closed is None else {"alias": closed, **message}
    accepted = {"result": "Request will be processed", "took": 0.0, "requestId": "local"}
    delivery = _delivery(raw, received=received, status="firing" if closed is None else "resolved")
    return json_answer(accepted, status=202, delivery=delivery)


def _has_priority(message: dict[str, object]) -> bool:
    return message.get("priority", "P3") in _PRIORITIES


def _delivery(raw: dict[str, object], *, received: float, status: Status) -> Delivery:
    title = payload.text(raw.get("message")) or payload.text(raw.get("source"))
    found = reading.read(raw, titles=[title])
    return Delivery(
        received=received,
        channel="opsgenie",
        status=status,
        alerts=found.alerts,
        severity=found.severity,
        service=found.service,
        summary=reading.short(title),
        raw=raw,
    )
