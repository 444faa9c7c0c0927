"""Reads a request's body up to a limit, whatever its headers say of its size."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Receive


class TooLarge(Exception):
    """The body is larger than the limit; it was not read to its end."""


class Gone(Exception):
    """The client left before its body was complete."""


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """Return the value of a header, by its name in small letters; empty if it is missing."""
    for key, value in headers:
        if key == name:
            return value
    return b""


async def body_of(headers: Iterable[tuple[bytes, bytes]], receive: Receive, most: int) -> bytes:
    """Return the body; raise TooLarge, before anything is read if its announced size is too large, or Gone."""
    announced = header(headers, b"content-length")
    if announced.isdigit() and (len(announced) > 18 or int(announced) > most):
        raise TooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > most:
            raise TooLarge
        return body
    parts, size = [], 0
    while True:
        if message["type"] != "http.request":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
