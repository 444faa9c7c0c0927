"""Serves the metrics and the health of a service where the application itself would answer 404."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..guard import LOGGER
from ..http_metrics.handler import HandlerNames
from ..http_metrics.route import path_within, routes_of
from ..packs.instruments import Instruments
from .endpoint import metrics_endpoint

_SHUT_DOWN: Final = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})
_READING: Final = frozenset({"GET", "HEAD"})
_START: Final = "http.response.start"
_NOT_FOUND: Final = 404
_UNKNOWN: Final = 0
_SERVED: Final = "backend_instrumentation.served"

Endpoint = Callable[[Request], Awaitable[Response]]


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


class ServiceEndpoints:
    """Asks the application first. Its 404 at one of the two paths is replaced; any other answer is its own.

    So middleware that refuses a scrape, a redirect, a mount and a catch-all route win, and so does a route of
    exactly that path even when it answers 404. Nothing is buffered: the answer begins where the 404 would begin.
    """

    def __init__(
        self, app: ASGIApp, *, instruments: Instruments, closing: Callable[[], None] | None = None
    ) -> None:
        self.app = app
        self._closing = closing
        self._instruments = instruments
        self._names: HandlerNames | None = None
        self._warned = False
        settings = instruments.settings
        self._endpoints: dict[str | None, Endpoint] = {settings.health_path: _health}
        self._endpoints[settings.metrics_path] = metrics_endpoint(instruments=instruments)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("type") == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        path = self._asked(scope)
        if path is not None:
            send = _Answer(self, path, scope, receive, send).send
        await self.app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if self._closing is not None and message["type"] in _SHUT_DOWN:
                self._closing()
            await send(message)

        await self.app(scope, receive, send if self._closing is None else closing)

    def _asked(self, scope: Scope) -> str | None:
        try:
            if scope["type"] != "http" or scope["method"] not in _READING or self._instruments.closed:
                return None
            path = path_within(scope)
            return path if path in self._endpoints else None
        except Exception:  # no server sends such a request; the application answers it
            self._instruments.guard.note("reading a request")
            return None

    def replacing(self, path: str, root_path: str, scope: Scope, message: Message) -> Endpoint | None:
        """Return what is served at the path instead of the application's answer that begins with the message."""
        try:
            if message["type"] != _START:
                return None
            if message["status"] == _NOT_FOUND and not self._has_route(path, root_path, scope):
                scope[_SERVED] = True
                return self._endpoints[path]
            if path == self._instruments.settings.metrics_path and not scope.get(_SERVED):
                self._warn(path, message["status"])
        except Exception:
            self._instruments.guard.note("serving the metrics")
        return None

    def _has_route(self, path: str, root_path: str, scope: Scope) -> bool:
        try:
            if self._names is None:
                self._names = HandlerNames(self.app if routes_of(self.app) is not None else scope.get("app"))
            return self._names.named(scope, root_path=root_path, status=_UNKNOWN).handler == path
        except Exception:
            self._instruments.guard.note(f"looking for the application's own {path}")
            return False

    def _warn(self, path: str, status: object) -> None:
        if not self._warned:
            self._warned = True
            LOGGER.warning(
                "the application itself answers GET %s (%s), so the metrics of this package are not served there: "
                "choose another path with instrument(app, metrics_path=...), or None for no such page", path, status
            )  # fmt: skip


class _Answer:
    """Passes the application's answer on, or the endpoint's instead of the application's 404."""

    __slots__ = ("_endpoints", "_path", "_receive", "_replaced", "_root_path", "_scope", "_send")

    def __init__(
        self, endpoints: ServiceEndpoints, path: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._endpoints = endpoints
        self._path = path
        self._root_path = str(scope.get("root_path", ""))  # mounts extend it while they route
        self._scope = scope
        self._receive = receive
        self._send = send
        self._replaced = False

    async def send(self, message: Message) -> None:
        if self._replaced:
            return  # the rest of the application's 404
        endpoint = self._endpoints.replacing(self._path, self._root_path, self._scope, message)
        if endpoint is None:
            await self._send(message)
            return
        self._replaced = True
        response = await endpoint(Request(self._scope))
        await response(self._scope, self._receive, self._send)
