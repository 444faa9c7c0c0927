"""Observes one request from its arrival to its last response byte, and decides the status that it counts as."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from .request_counter import RequestCounter
from .request_series import RequestSeries

_CLIENT_CLOSED_REQUEST: Final = 499
_SERVER_ERROR: Final = 500
_BODY: Final = "http.response.body"
_ZERO_COPY: Final = "http.response.zerocopysend"
_START: Final = "http.response.start"
_PATH: Final = "http.response.pathsend"

# sys.exception() is faster, but Python 3.10 lacks it.
handled_exception: Final[Callable[[], BaseException | None]] = getattr(
    sys, "exception", lambda: sys.exc_info()[1]
)


class ObservedRequest:
    """One request, counted once with the status that its client got or would have got.

    A client that left before the end counts as the status that was sent, or as 499: that is not a failure of
    the service. An exception, a cancellation and an unfinished response count as 500, unless a handler of the
    application answers otherwise.
    """

    __slots__ = (
        "_answered",
        "_client_left",
        "_counter",
        "_handler",
        "_method",
        "_mounted_at",
        "_receive",
        "_scope",
        "_send",
        "_started",
        "_status",
    )

    def __init__(self, counter: RequestCounter, scope: Scope, receive: Receive, send: Send) -> None:
        self._counter = counter
        self._scope = scope
        self._receive = receive
        self._send = send
        self._method = scope["method"]
        # Mounts extend root_path while they route; under a mount, the application's own is the one seen here.
        self._mounted_at = scope.get("root_path", "") if "app_root_path" in scope else None
        self._status: Any = None
        self._handler: str | None = None  # set once the request is counted
        self._client_left = False
        self._answered: int | None = None  # the id of the exception that the response answers
        counter.recorder.in_progress += 1
        self._started = time.perf_counter()

    async def receive(self) -> Message:
        message = await self._receive()
        if message.get("type") == "http.disconnect":
            self._client_left = True
        return message

    async def send(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            self._client_left = True
            raise
        if self._handler is not None:
            return
        try:
            kind = message["type"]
            if kind == _START:
                self._status = message["status"]
                error = handled_exception()
                if error is not None:
                    self._answered = id(error)
                    if self._client_left and self._status >= _SERVER_ERROR:
                        self._status = _CLIENT_CLOSED_REQUEST  # nobody gets what the handler answers
            elif (
                kind == _BODY or kind == _ZERO_COPY or kind == _PATH  # a set would cost more
            ) and not message.get("more_body"):
                self._finish(_SERVER_ERROR if self._status is None else self._status)
        except Exception:
            self._counter.guard.note("observing a response")

    def ended(self) -> None:
        """Finish after the application returned: a response that is not complete by now is a failure."""
        try:
            if self._handler is None:
                self._finish(self._outcome())
            if self._status >= _SERVER_ERROR:
                self._failed(None)
        except Exception:
            self._counter.guard.note("ending a request")

    def broken(self, error: BaseException) -> None:
        """Finish after the application raised an exception; one that it answered below 500 is no failure."""
        try:
            if self._handler is None:
                self._finish(self._outcome())
            unseen = self._client_left or self._answered == id(error)
            if self._status >= _SERVER_ERROR or not unseen:
                self._failed(error)
        except Exception:
            self._counter.guard.note("ending a request")

    def _outcome(self) -> int:
        if not self._client_left:
            return _SERVER_ERROR
        return _CLIENT_CLOSED_REQUEST if self._status is None else int(self._status)

    def _finish(self, status: int) -> RequestSeries | None:
        seconds = time.perf_counter() - self._started
        self._status = status
        self._handler = ""
        counter = self._counter
        counter.recorder.in_progress -= 1
        try:
            series = counter.series(self._scope, self._method, self._mounted_at, status)
            self._handler = series.handler
            if counter.hooks.exemplar is None:
                series.write(seconds)
            else:
                counter.write_with_exemplar(series, seconds, self._scope)
        except Exception:
            counter.guard.note("recording a request")
            return None
        return series

    def _failed(self, error: BaseException | None) -> None:
        self._counter.failed(self._scope, error, self._handler or "", self._method, self._status)
