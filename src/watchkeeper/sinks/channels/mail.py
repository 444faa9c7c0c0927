"""Decode a mail message to what a person would read: subject, recipients, text.

Hostile mail must not stall the sinks, so everything here takes at most linear time.
"""

from __future__ import annotations

import email
import email.parser
from collections.abc import Sequence
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from watchkeeper.sinks.channels import reading
from watchkeeper.sinks.channels.markup import text_of_html
from watchkeeper.sinks.delivery import Delivery

_MAX_HEADER = 1000
_MAX_HEADERS = 50
# The standard library parses a header in quadratic time, and only folding makes a long one.
_MAX_FOLDED = 8192
_TEXT_CHARSETS = ("utf-8", "us-ascii", "iso-8859-", "windows-125")


def decode(content: bytes, *, recipients: Sequence[str], received: float) -> Delivery:
    """Return the mail as a delivery; a malformed one is read as far as possible, never refused."""
    message = _parse(_bounded(content))
    subject, body = _header(message, name="Subject"), _body(message)
    found = reading.read(body, titles=[subject])
    return Delivery(
        received=received,
        channel="email",
        status=found.status if found.status != "unknown" else reading.status_in(subject),
        alerts=found.alerts,
        severity=found.severity,
        service=found.service,
        summary=reading.short(subject),
        raw={
            "from": _header(message, name="From"),
            "to": list(recipients),
            "subject": subject,
            "text": body,
            "html": _part(message, kind="text/html"),
            "headers": {name: _header(message, name=name) for name in _headers(message)},
        },
    )


def _bounded(content: bytes) -> bytes:
    lines, folded = [], 0
    for line in content.splitlines(keepends=True):
        folded = folded + len(line) if line.startswith((b" ", b"\t")) else 0
        if folded <= _MAX_FOLDED:
            lines.append(line)
    return b"".join(lines)


def _parse(content: bytes) -> Message:
    try:
        return email.message_from_bytes(content)
    except RecursionError:  # Deeply nested messages: the outermost headers are enough.
        return email.parser.BytesHeaderParser().parsebytes(content)


def _header(message: Message, *, name: str) -> str:
    # The raw form, since ``get`` has lost the bytes of a header that is plain UTF-8.
    found = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    value = " ".join(_utf8(str(found)[:_MAX_HEADER]).split())
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value


def _headers(message: Message) -> list[str]:
    """Return the names of the first headers, each once."""
    return list(dict.fromkeys(name for name, _ in list(message.raw_items())[:_MAX_HEADERS]))


def _part(message: Message, *, kind: str) -> str:
    """Return the first part of a kind, or nothing."""
    return next((_content(part) for part in message.walk() if part.get_content_type() == kind), "")


def _body(message: Message) -> str:
    found: dict[str, Message] = {}
    for part in message.walk():
        if part.get_content_disposition() != "attachment":
            found.setdefault(part.get_content_type(), part)
    if "text/plain" in found:
        return _content(found["text/plain"]).strip()
    return text_of_html(_content(found["text/html"])) if "text/html" in found else ""


def _content(part: Message) -> str:
    decoded = part.get_payload(decode=True)
    charset = str(part.get_content_charset("utf-8"))
    if not isinstance(decoded, bytes):
        return ""
    # Some of Python's other codecs are not character sets, and some are slow.
    known = charset if charset.startswith(_TEXT_CHARSETS) else "utf-8"
    try:
        return decoded.decode(known, errors="replace")
    except LookupError:
        return decoded.decode("utf-8", errors="replace")


def _utf8(value: str) -> str:
    return value.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
