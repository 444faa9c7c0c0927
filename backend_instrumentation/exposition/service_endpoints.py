"""Serves the metrics and the health of a service where the application itself would answer 404.

Where its router finds no route, it serves them in place of the router's 404, as a last route would: the answer passes
through the application's middleware. A 404 of anything else, such as a catch-all route or static files, is replaced
outside all middleware.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
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
_ASKED: Final = "backend_instrumentation.asked"

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
        self._guarded = settings.metrics_guard is not None
        self._endpoints: dict[str | None, Endpoint] = {settings.health_path: _health}
        self._endpoints[settings.metrics_path] = metrics_endpoint(
            instruments=instruments, guard=settings.metrics_guard
        )

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

    def replaces(self, path: str, root_path: str, scope: Scope, message: Message) -> bool:
        """Return whether an endpoint replaces the application's answer that begins with the message."""
        try:
            if message["type"] != _START:
                return False
            if message["status"] == _NOT_FOUND and not self._has_route(path, root_path, scope):
                return True
            if path == self._instruments.settings.metrics_path:
                self._warn(path, message["status"])
        except Exception:
            self._instruments.guard.note("serving the metrics")
        return False

    def at(self, path: str) -> Endpoint:
        """Return what is served at one of the two paths."""
        return self._endpoints[path]

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
                "the application itself answers GET %s (%s), so the metrics of this package are not served there%s: "
                "choose another path with instrument(app, metrics_path=...), or None for no such page",
                path, status, ", and metrics_guard does not protect it" if self._guarded else "",
            )  # fmt: skip


class _Answer:
    """Passes the application's answer on, or the endpoint's instead of the application's 404."""

    __slots__ = (
        "_endpoints",
        "_outside",
        "_path",
        "_receive",
        "_replaced",
        "_root_path",
        "_scope",
        "_send",
        "_served",
    )

    def __init__(
        self, endpoints: ServiceEndpoints, path: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._endpoints = endpoints
        self._path = path
        self._root_path = str(scope.get("root_path", ""))  # mounts extend it while they route
        self._scope = scope
        self._receive = receive
        self._send = send
        self._served = self._replaced = False
        self._outside: _Answer | None = scope.get(_ASKED)  # of an application around this one
        scope[_ASKED] = self

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        answer: _Answer | None = self
        while answer is not None:
            answer._served, answer = True, answer._outside
        response = await self._endpoints.at(self._path)(Request(scope))
        await response(scope, receive, send)

    async def send(self, message: Message) -> None:
        if self._replaced:
            return  # the rest of the application's 404
        if self._served or not self._replaces(message):
            await self._send(message)
            return
        self._replaced = True
        await self.serve(self._scope, self._receive, self._send)

    def _replaces(self, message: Message) -> bool:
        return self._endpoints.replaces(self._path, self._root_path, self._scope, message)


class LastRoute:
    """Serves the endpoints where the router of an application finds no route.

    It leaves them to the application where that answers an unknown path in its own way, which may be no 404.
    """

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._router = app.router
        self._before = app.router.default
        self._plain = self._before == app.router.not_found or isinstance(
            getattr(self._before, "__self__", None), LastRoute
        )
        app.router.default = self.answer

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of the endpoints; any other gets the router's own answer."""
        asked: _Answer | None = scope.get(_ASKED)
        if asked is None or not self._plain or self._has_own_page():
            await self._before(scope, receive, send)
        else:
            await asked.serve(scope, receive, send)

    def _has_own_page(self) -> bool:
        handlers = self._app.exception_handlers
        found = (handlers.get(_NOT_FOUND), handlers.get(HTTPException))
        return any(each is not None and not _is_fastapis(each) for each in found)

    def remove(self) -> None:
        """Restore the router's own answer, unless another package has replaced this one; safe twice."""
        if self._router.default == self.answer:
            self._router.default = self._before


def _is_fastapis(handler: object) -> bool:
    return str(getattr(handler, "__module__", "")).startswith("fastapi.")
