"""Counts and times HTTP requests. Whatever fails here, the service answers as it would without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from ..config.exclusion import Entry, entries_of
from ..contract import HTTP_REQUESTS
from ..guard import LOGGER
from ..packs.instruments import Instruments
from ..recording.callbacks import RequestCallbacks
from .handler import HandlerNames
from .labelled_counter import LabelledCounter
from .measured_request import MeasuredRequest
from .observed_request import ObservedRequest
from .recorder import HttpRecorder, recorder_for
from .request_counter import RequestCounter
from .request_measures import RequestMeasures, wanted
from .route import path_within, routes_of

_COUNTED: Final = "backend_instrumentation.counted"
_SERVER_ERROR: Final = 500
_HARMLESS_OUTSIDE: Final = ("opentelemetry.", "backend_instrumentation.")


class MetricsMiddleware:
    """Pure ASGI middleware: one count and one duration a request, recorded at its last response byte.

    Add it after all other middleware, so that it is the outermost. `exclude` contains paths, route templates and
    patterns that are not counted, in addition to /metrics and /health. `callbacks` get the finished requests.
    WebSocket and lifespan pass through untouched, and so does a request that an instrumented application further
    out already counts. `aside` wraps the application for everything that is not counted.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        instruments: Instruments | None = None,
        exclude: Iterable[Entry] = (),
        callbacks: RequestCallbacks | None = None,
        aside: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        self.app = app
        self._instruments = Instruments() if instruments is None else instruments
        left_out: list[str] = []
        self._exclude = self._instruments.settings.uncounted(entries_of(exclude, left_out))
        if left_out:
            LOGGER.warning("left out: %s", "; ".join(left_out))
        self._callbacks = callbacks
        self._request: Callable[[RequestCounter, Scope, Receive, Send], ObservedRequest] = ObservedRequest
        self._aside = app if aside is None else aside(app)
        self._recorder: HttpRecorder | None = None
        self._counter: RequestCounter | None = None
        self._called = False
        try:
            self._prepare()
        except Exception:
            self._instruments.guard.note("preparing to count requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        observed = self._observed(scope, receive, send)
        if observed is None:
            await self._uncounted(scope, receive, send)
            return
        try:
            await self.app(scope, observed.receive, observed.send)
        except BaseException as error:
            observed.broken(error)
            raise
        observed.ended()

    async def _uncounted(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = scope.get("type") == "websocket" and _COUNTED not in scope
        if first:
            scope[_COUNTED] = True
        try:
            await self._aside(scope, receive, send)
        except Exception as error:
            self._report_failure(scope, error, first)
            raise

    def _report_failure(self, scope: Scope, error: Exception, socket: bool) -> None:
        try:
            if self._counter is None or self._instruments.closed:
                return
            if socket and not isinstance(error, WebSocketDisconnect):
                self._counter.socket_failed(scope, error)
            elif scope["type"] == "http" and _COUNTED not in scope:
                self._counter.failed(scope, error, path_within(scope), scope["method"], _SERVER_ERROR)
        except Exception:
            self._instruments.guard.note("reporting a failure")

    def _prepare(self) -> None:
        if HTTP_REQUESTS in self._instruments:
            self._recorder = recorder_for(self._instruments, exclude=self._exclude)
            if self._callbacks is not None or wanted(self._instruments):
                measures = RequestMeasures(self._instruments, self._recorder, self._callbacks)
                self._request = partial(MeasuredRequest, measures)
            if routes_of(self.app) is not None:
                self._count_for(self.app)
            self._instruments.before_collect(self._initialize_series)

    def _count_for(self, app: object) -> None:
        if self._recorder is not None:
            names, tools = HandlerNames(app), self._instruments
            computed = any(callable(value) for _, value in tools.settings.labels)
            kind = LabelledCounter if computed else RequestCounter
            self._counter = kind(self._recorder, names, tools.hooks, tools.guard)

    def _observed(self, scope: Scope, receive: Receive, send: Send) -> ObservedRequest | None:
        instruments = self._instruments
        if instruments.closed:
            return None
        try:
            if not self._called:
                self._first_call(scope)
            counter = self._counter
            if counter is None or scope["type"] != "http" or _COUNTED in scope:
                return None
            if (path_within(scope) if scope.get("root_path") else scope["path"]) in self._exclude:
                return None
            scope[_COUNTED] = True
            return self._request(counter, scope, receive, send)
        except Exception:
            instruments.guard.note("starting to observe a request")
            return None

    def _first_call(self, scope: Scope) -> None:
        self._called = True
        if self._counter is None and "app" in scope:
            self._count_for(scope["app"])
        self._initialize_series()
        outside = _outside(scope.get("app"))
        if outside:
            LOGGER.warning("requests answered by %s are not counted: add MetricsMiddleware after all other "
                           "middleware, or call instrument()", " and ".join(outside))  # fmt: skip

    def _initialize_series(self) -> None:
        if self._counter is None or self._instruments.closed:
            return
        try:
            self._counter.refresh()
        except Exception:
            self._instruments.guard.note("creating the series of the routes")


def _outside(app: object) -> list[str]:
    """Return the names of an application's middleware outside ours, except tracing's and our own."""
    kinds = [each.cls for each in getattr(app, "user_middleware", ())]
    if MetricsMiddleware not in kinds:
        return []
    outside = kinds[: kinds.index(MetricsMiddleware)]
    return [kind.__name__ for kind in outside if not kind.__module__.startswith(_HARMLESS_OUTSIDE)]
