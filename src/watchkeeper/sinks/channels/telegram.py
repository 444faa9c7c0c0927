"""Telegram's bot API: its answers to `sendMessage`, and how to read a message."""

from __future__ import annotations

from watchkeeper.sinks.channels import payload, reading
from watchkeeper.sinks.channels.answer import Answer, json_answer
from watchkeeper.sinks.delivery import Delivery

MAX_TEXT = 4096


def receive(body: bytes, *, received: float) -> Answer:
    """Answer as Telegram does: 200 with the message, or 400 with what is wrong."""
    message = payload.load(body) or {}
    text, chat = payload.text(message.get("text")), str(message.get("chat_id", ""))
    wrong = _wrong(text, chat)
    if wrong:
        refused = {"ok": False, "error_code": 400, "description": f"Bad Request: {wrong}"}
        return json_answer(refused, status=400)
    found = reading.read(message, titles=[text])
    delivery = Delivery(
        received=received,
        channel="telegram",
        status=found.status if found.status != "unknown" else reading.status_in(text),
        alerts=found.alerts,
        severity=found.severity,
        service=found.service,
        summary=reading.short(text),
        raw=message,
    )
    sent = {"message_id": 1, "date": int(received), "chat": {"id": int(chat), "type": "group"}, "text": text}
    return json_answer({"ok": True, "result": sent}, status=200, delivery=delivery)


def _wrong(text: str, chat: str) -> str:
    if not chat.lstrip("-").isdecimal() or not chat.isascii():
        return "chat not found"
    if not text:
        return "message text is empty"
    return "message is too long" if len(text) > MAX_TEXT else ""
