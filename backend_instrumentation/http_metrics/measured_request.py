"""Observes one request like `ObservedRequest`, and measures its bodies and its first byte too."""

from __future__ import annotations

import time
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from ..recording.callbacks import FinishedRequest
from .observed_request import ObservedRequest
from .request_counter import RequestCounter
from .request_measures import RequestMeasures
from .request_series import RequestSeries

_START: Final = "http.response.start"
_BODY: Final = "http.response.body"
_LENGTH: Final = b"content-length"


class MeasuredRequest(ObservedRequest):
    """Counts the bytes of both bodies; where the server sends a file itself, the announced length counts."""

    __slots__ = ("_announced", "_first", "_headers", "_measures", "_received", "_sent")

    def __init__(
        self,
        measures: RequestMeasures,
        counter: RequestCounter,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._measures = measures
        self._received = 0
        self._sent = 0
        self._first: float | None = None
        self._headers: tuple[tuple[bytes, bytes], ...] = ()
        self._announced = _length(scope.get("headers", ()))
        super().__init__(counter, scope, receive, send)

    async def receive(self) -> Message:
        message = await super().receive()
        try:
            self._received += len(message.get("body", b""))
        except Exception:
            self._counter.guard.note("measuring a request")
        return message

    async def send(self, message: Message) -> None:
        if self._handler is None:
            self._measure(message)
        await super().send(message)

    def _measure(self, message: Message) -> None:
        # Before the message is passed on: the last one finishes the request.
        try:
            kind = message["type"]
            if kind == _START:
                self._headers = tuple(message.get("headers", ()))
            elif kind == _BODY:
                body = message.get("body", b"")
                self._sent += len(body)
                if body and self._first is None:
                    self._first = time.perf_counter()
            else:
                self._sent = _length(self._headers) or 0
                self._first = self._first or time.perf_counter()
        except Exception:
            self._counter.guard.note("measuring a request")

    def _finish(self, status: int) -> RequestSeries | None:
        series = super()._finish(status)
        if series is not None and series.counter is not None:
            try:
                self._record(series, status)
            except Exception:
                self._counter.guard.note("measuring a request")
        return series

    def _record(self, series: RequestSeries, status: int) -> None:
        now = time.perf_counter()
        received = self._received if self._announced is None else self._announced
        first = (self._first or now) - self._started
        self._measures.observe(series, self._method, (received, self._sent, first))
        callbacks = self._measures.callbacks
        if callbacks is not None:
            seconds = now - self._started
            method, handler = self._method, series.handler
            callbacks.call(
                FinishedRequest(
                    self._scope, method, handler, status, seconds, first, received, self._sent, self._headers
                )
            )


def _length(headers: Any) -> int | None:
    try:
        for name, value in headers:
            if name.lower() == _LENGTH:
                length = int(value)
                return length if length >= 0 else None
    except (TypeError, ValueError, AttributeError):
        pass
    return None
