"""A workflow of Microsoft Teams: its answers, and how to read a message with an Adaptive Card."""

from __future__ import annotations

from watchkeeper.sinks.channels import payload, reading
from watchkeeper.sinks.channels.answer import Answer
from watchkeeper.sinks.delivery import Delivery


def receive(body: bytes, *, received: float) -> Answer:
    """Answer a post as a workflow does: 202 without content, or 400 for what is no card."""
    message = payload.load(body)
    cards = payload.rows(message.get("attachments")) if message else []
    contents = [payload.table(card.get("content")) for card in cards]
    if message is None or not any(content.get("type") == "AdaptiveCard" for content in contents):
        return Answer(400, "the body has no attachment that is an Adaptive Card")
    titles = [value for key, value in payload.strings(message) if key == "text"]
    found = reading.read(message, titles=titles[:1])
    delivery = Delivery(
        received=received,
        channel="msteamsv2",
        status=found.status,
        alerts=found.alerts,
        severity=found.severity,
        service=found.service,
        summary=reading.short(next(iter(titles), "")),
        raw=message,
    )
    return Answer(202, "", delivery=delivery)
