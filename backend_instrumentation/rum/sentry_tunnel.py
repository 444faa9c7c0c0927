"""Passes envelopes of browsers on to one project of one Sentry server, byte by byte.

Browsers that block requests to Sentry's host still reach the service itself. It is no open relay: an envelope names
its project in its first line, and only that of our own DSN is accepted; the URL is made of ours, never of theirs.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import HTTPError

from starlette.types import Receive, Scope, Send

from ..packs.instruments import Instruments
from .address_limiter import AddressLimiter
from .request_body import Gone, TooLarge, body_of, header
from .sentry_address import SentryAddress, address_of

LARGEST_ENVELOPE: Final = 1_048_576
_LONGEST_LINE: Final = 16_384
_SECONDS: Final = 5.0
_THREADS: Final = 4
_MOST_WAITING: Final = 32
_PASSED_ON: Final = ("retry-after", "x-sentry-rate-limits")
_STATUS: Final = {
    "too_large": 413,
    "malformed": 400,
    "foreign": 403,
    "rate_limited": 429,
    "interrupted": 400,
    "busy": 503,
    "unreachable": 502,
}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class SentryTunnel:
    """Answers envelopes with the server's own status; a server that is slow or away costs the service nothing."""

    def __init__(
        self,
        instruments: Callable[[], Instruments | None],
        address: SentryAddress,
        *,
        limiter: AddressLimiter,
        largest: int = LARGEST_ENVELOPE,
    ) -> None:
        self._instruments = instruments
        self._address = address
        self._limiter = limiter
        self._largest = largest
        self._waiting = 0
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="sentry-tunnel")
        self._opener = urllib.request.build_opener(_NoRedirect())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            result, answer = await self._result(scope, receive)
        except TooLarge:
            result, answer = "too_large", None
        except Gone:
            result, answer = "interrupted", None
        instruments = self._instruments()
        if instruments is not None:
            instruments.web.error_report(result)
        answer = answer or _Answer(_STATUS[result])
        headers = [(b"content-length", b"0"), *answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _result(self, scope: Scope, receive: Receive) -> tuple[str, _Answer | None]:
        client, headers = scope.get("client"), scope["headers"]
        if not self._limiter.allows(client[0] if client else ""):
            return "rate_limited", None
        body = await body_of(headers, receive, self._largest)
        encoding = header(headers, b"content-encoding")
        refused = self._refused(_first_line(body, encoding, self._largest))
        if refused:
            return refused, None
        if self._waiting >= _MOST_WAITING:
            return "busy", None
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._pool, self._sent, body, encoding)
        finally:
            self._waiting -= 1
        if answer is None:
            return "unreachable", None
        return "forwarded" if answer.status < 300 else "refused", answer

    def _refused(self, line: bytes) -> str:
        """Return why the envelope with that first line is not passed on, or an empty text."""
        try:
            named = json.loads(line)["dsn"]
            if not isinstance(named, str):
                return "malformed"
        except (ValueError, KeyError, TypeError, RecursionError):
            return "malformed"
        try:
            return "" if address_of(named) == self._address else "foreign"
        except ValueError:
            return "foreign"

    def _sent(self, body: bytes, encoding: bytes) -> _Answer | None:
        """Send the bytes as they are, without cookies and the client's other headers; None when nobody answers."""
        named = {"Content-Type": "application/x-sentry-envelope"}
        if encoding:
            named["Content-Encoding"] = encoding.decode("latin-1")
        request = urllib.request.Request(self._address.envelopes, body, named, method="POST")  # noqa: S310 - http(s)
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return _passed_on(answer.status, answer.headers)
        except HTTPError as error:
            with error:
                return _passed_on(error.code, error.headers)
        except Exception:
            return None


def _passed_on(status: int, headers: Any) -> _Answer:
    # A redirect would lead the browser to another host.
    shown = status if status < 300 or status >= 400 else 502
    kept = ((name, headers.get(name)) for name in _PASSED_ON)
    return _Answer(
        shown, tuple((name.encode(), value.encode("latin-1", "replace")) for name, value in kept if value)
    )


def _first_line(body: bytes, encoding: bytes, most: int) -> bytes:
    """Return the first line, of a compressed body too; raise TooLarge for one that would grow beyond the limit."""
    if not encoding:
        return body.partition(b"\n")[0][:_LONGEST_LINE]
    if encoding.lower() not in (b"gzip", b"deflate"):
        return b""
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacking.decompress(body, most + 1)
    except zlib.error:
        return b""
    if len(unpacked) > most:
        raise TooLarge
    return unpacked.partition(b"\n")[0][:_LONGEST_LINE]
