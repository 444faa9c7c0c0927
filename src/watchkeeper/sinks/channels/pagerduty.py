"""PagerDuty's Events API v2: its validation and answers, and how to read an event."""

from __future__ import annotations

import uuid

from watchkeeper.sinks.channels import payload, reading
from watchkeeper.sinks.channels.answer import Answer, json_answer
from watchkeeper.sinks.channels.reading import Reading
from watchkeeper.sinks.delivery import Delivery, Status

_ACTIONS: dict[str, Status] = {"trigger": "firing", "acknowledge": "unknown", "resolve": "resolved"}
_SEVERITIES = ("critical", "error", "warning", "info")


def receive(body: bytes, *, received: float) -> Answer:
    """Answer an event as PagerDuty does: 202 with its dedup_key, or 400 with every error in it."""
    event = payload.load(body)
    errors = ["the body is not a JSON object"] if event is None else _errors(event)
    if event is None or errors:
        return _refusal(errors)
    key = payload.text(event.get("dedup_key")) or uuid.uuid4().hex
    accepted = {"status": "success", "message": "Event processed", "dedup_key": key}
    return json_answer(accepted, status=202, delivery=_delivery(event, received=received))


def _refusal(errors: list[str]) -> Answer:
    refused = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return json_answer(refused, status=400)


def _errors(event: dict[str, object]) -> list[str]:
    errors = [] if payload.text(event.get("routing_key")) else ["'routing_key' is missing or blank"]
    action = payload.text(event.get("event_action"))
    if action not in _ACTIONS:
        errors.append(f"'event_action' must be one of {', '.join(_ACTIONS)}")
    if action == "trigger":
        errors.extend(_payload_errors(event.get("payload")))
    elif not payload.text(event.get("dedup_key")):
        errors.append("'dedup_key' is missing or blank, and only a trigger may leave it out")
    return errors


def _payload_errors(value: object) -> list[str]:
    if not isinstance(value, dict):
        return ["'payload' is missing or not an object"]
    blank = [key for key in ("summary", "source") if not payload.text(value.get(key))]
    errors = [f"'payload.{key}' is missing or blank" for key in blank]
    if value.get("severity") not in _SEVERITIES:
        errors.append(f"'payload.severity' must be one of {', '.join(_SEVERITIES)}")
    return errors


def _delivery(event: dict[str, object], *, received: float) -> Delivery:
    body = payload.table(event.get("payload"))
    summary = payload.text(body.get("summary"))
    classes = tuple(payload.text(body.get("class")).replace(",", " ").split())
    # PagerDuty acts on the event's own severity, whatever its labels say.
    own = Reading(alerts=classes, severity=payload.text(body.get("severity")))
    details = payload.table(body.get("custom_details"))
    found = own.over(reading.read(event, titles=[summary]))
    return Delivery(
        received=received,
        channel="pagerduty",
        status=_ACTIONS[payload.text(event.get("event_action"))],
        alerts=found.alerts,
        severity=found.severity,
        service=payload.text(details.get("service")) or found.service or payload.text(body.get("component")),
        summary=reading.short(summary),
        raw=event,
    )
