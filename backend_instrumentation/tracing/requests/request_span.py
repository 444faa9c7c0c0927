"""A pure ASGI middleware that makes one server span per request, for applications that make none themselves."""

from __future__ import annotations

from collections.abc import Callable, Container
from contextvars import Token
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...contract import HTTP_METHODS, OTHER
from ...guard import Guard
from ...http_metrics.observed_request import handled_exception
from ...http_metrics.route import path_within
from ...packs.instruments import Instruments
from .route_names import RouteNames
from .server_spans import ServerSpans

if TYPE_CHECKING:
    from ..manager import TracingManager

_SERVER_ERROR: Final = 500
_METHODS: Final = frozenset(HTTP_METHODS)
_TYPES: Final = frozenset({"http", "websocket"})
_TRACED: Final = "backend_instrumentation.traced"


class RequestSpans:
    """Continues the caller's trace with a span named after the route; it wraps all other middleware.

    A request that other tracing makes a server span for gets none here.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        manager: TracingManager,
        exclude: Container[str],
        instruments: Instruments,
        leave_out: Callable[[Scope], bool] | None = None,
    ) -> None:
        self.app = app
        self._manager = manager
        self._exclude = exclude
        self._leave_out = leave_out
        self._guard = instruments.guard
        self._routes = RouteNames()
        self._others = ServerSpans(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        span = self._started(scope)
        if span is None:
            await self.app(scope, receive, send)
            return
        traced = _TracedRequest(span, scope, send, self._manager, self._routes, self._guard)
        token = self._made_current(span)
        try:
            await self.app(scope, receive, traced.send)
        except BaseException as error:
            traced.ended(error)
            raise
        else:
            traced.ended(None)
        finally:
            if token is not None:
                otel_context.detach(token)

    def _made_current(self, span: Span) -> Token[Context] | None:
        try:
            return otel_context.attach(self._manager.request_context(span))
        except Exception:
            self._guard.note("making a request's span current")
            return None

    def _started(self, scope: Scope) -> Span | None:
        try:
            if scope["type"] not in _TYPES or _TRACED in scope or not self._manager.enabled:
                return None
            if path_within(scope) in self._exclude or self._others.are_made(scope):
                return None
            if self._leave_out is not None and self._leave_out(scope):
                return None
            scope[_TRACED] = True
            return self._manager.start_request_span(_method(scope), scope.get("headers", ()), _tags(scope))
        except Exception:
            self._guard.note("starting a request's span")
            return None


class _TracedRequest:
    """Ends the span with the last byte: background work is not part of the request.

    A status of 500 or more, or an exception, marks the span as an error.
    """

    __slots__ = ("_done", "_error", "_guard", "_manager", "_routes", "_scope", "_send", "_span", "_status")

    def __init__(
        self, span: Span, scope: Scope, send: Send, manager: TracingManager, routes: RouteNames, guard: Guard
    ) -> None:
        self._span = span
        self._scope = scope
        self._send = send
        self._manager = manager
        self._routes = routes
        self._guard = guard
        self._status: int | None = None
        self._done = False
        self._error: BaseException | None = None  # that the response answers

    async def send(self, message: Message) -> None:
        await self._send(message)
        kind = message.get("type")
        if kind == "http.response.start":
            self._status = message.get("status")
            self._error = handled_exception()
        elif kind == "http.response.pathsend" or (
            kind == "http.response.body" and not message.get("more_body")
        ):
            error, self._error = self._error, None  # it refers to this request through its frames
            failed = isinstance(self._status, int) and self._status >= _SERVER_ERROR
            self.ended(error if failed else None)

    def ended(self, error: BaseException | None) -> None:
        if self._done:
            return
        self._done = True
        try:
            if self._span.is_recording():
                self._describe(error)
        except Exception:
            self._guard.note("describing a request's span")
        self._manager.finish_span(self._span, error=error)

    def _describe(self, error: BaseException | None) -> None:
        route = self._routes.of(self._scope, self._status or _SERVER_ERROR)
        if route:
            self._span.update_name(f"{_method(self._scope)} {route}")
            self._span.set_attribute("http.route", route)
        if self._status is not None:
            self._span.set_attribute("http.response.status_code", self._status)
            if error is None and self._status >= _SERVER_ERROR:
                self._span.set_attribute("error.type", str(self._status))
                self._span.set_status(StatusCode.ERROR)


def _method(scope: Scope) -> str:
    if scope["type"] == "websocket":
        return "WS"
    method: str = scope["method"]
    return method if method in _METHODS else "HTTP"


def _tags(scope: Scope) -> dict[str, Any]:
    tags: dict[str, Any] = {"url.scheme": scope.get("scheme", "http"), "url.path": scope["path"]}
    if scope.get("query_string"):
        tags["url.query"] = scope["query_string"].decode("latin-1")
    if scope["type"] == "http":
        tags["http.request.method"] = scope["method"] if scope["method"] in _METHODS else OTHER
    return tags
