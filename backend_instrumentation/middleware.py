"""Counts and times HTTP requests. Whatever goes wrong in here, the service answers as it would without it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from .exchange import Exchange
from .handler import HandlerNames
from .instruments import HTTP_REQUESTS, Instruments
from .recorder import HttpRecorder
from .route import path_within, routes_of

UNCOUNTED_PATHS: Final = frozenset({"/metrics", "/health"})
_COUNTED: Final = "backend_instrumentation.counted"


class MetricsMiddleware:
    """Pure ASGI middleware: one count and one duration a request, recorded at its last response byte.

    It stands outermost: add it after all other middleware. `exclude` holds paths and route templates that are
    not counted, beside /metrics and /health. WebSocket and lifespan pass through untouched, and so does a
    request that an instrumented application further out already counts.
    """

    def __init__(
        self, app: ASGIApp, *, instruments: Instruments | None = None, exclude: Iterable[str] = ()
    ) -> None:
        self.app = app
        self._instruments = Instruments() if instruments is None else instruments
        self._exclude = UNCOUNTED_PATHS | self._instruments.settings.exclude | frozenset(exclude)
        self._names: HandlerNames | None = None
        self._recorder: HttpRecorder | None = None
        self._called = False
        try:
            self._prepare()
        except Exception:
            self._instruments.guard.note("preparing to count requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = self._opened(scope, receive, send)
        if exchange is None:
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, exchange.receive, exchange.send)
        finally:
            exchange.ended()

    def _prepare(self) -> None:
        if HTTP_REQUESTS in self._instruments:
            recorder = HttpRecorder(self._instruments, exclude=self._exclude)
            self._names = HandlerNames(self.app) if routes_of(self.app) is not None else None
            self._instruments.before_collect(self._bear)
            self._recorder = recorder

    def _opened(self, scope: Scope, receive: Receive, send: Send) -> Exchange | None:
        if self._recorder is None or self._instruments.closed:
            return None
        try:
            if not self._called:
                self._called = True
                self._names = self._names or HandlerNames(scope.get("app"))
                self._bear()
            if scope["type"] != "http" or _COUNTED in scope or self._names is None:
                return None
            if path_within(scope) in self._exclude:
                return None
            scope[_COUNTED] = True
            guard = self._instruments.guard
            return Exchange(scope, receive, send, recorder=self._recorder, names=self._names, guard=guard)
        except Exception:
            self._instruments.guard.note("taking up a request")
            return None

    def _bear(self) -> None:
        if self._names is None or self._recorder is None or self._instruments.closed:
            return
        try:
            self._recorder.bear(self._names.refresh())
        except Exception:
            self._instruments.guard.note("creating the series of the routes")
