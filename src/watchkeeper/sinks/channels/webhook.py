"""A generic webhook, as the dead man's switch and audit receivers use it (Alertmanager payload version 4)."""

from __future__ import annotations

import re

from watchkeeper.sinks.channels import payload, reading
from watchkeeper.sinks.channels.answer import Answer, json_answer
from watchkeeper.sinks.delivery import Delivery

# Heartbeat services put a token in the place of a name; only a short plain word is kept.
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_-]{0,23}")


def receive(body: bytes, *, received: float, name: str) -> Answer:
    """Accept any JSON object; answer 400 to anything else."""
    message = payload.load(body)
    if message is None:
        return json_answer({"status": "error", "error": "the body is not a JSON object"}, status=400)
    return json_answer(
        {"status": "ok"}, status=200, delivery=_delivery(message, received=received, name=name)
    )


def _delivery(message: dict[str, object], *, received: float, name: str) -> Delivery:
    found = reading.read(message)
    shown = name if _PLAIN_NAME.fullmatch(name) else payload.REDACTED
    headline = payload.text(payload.table(message.get("commonAnnotations")).get("summary"))
    return Delivery(
        received=received,
        channel="webhook",
        status=reading.status_in(payload.text(message.get("status"))),
        alerts=found.alerts,
        severity=found.severity,
        service=found.service,
        summary=reading.short(headline or f"{shown}: {', '.join(found.alerts) or 'a post without alerts'}"),
        raw={"webhook": shown, "body": message},
    )
