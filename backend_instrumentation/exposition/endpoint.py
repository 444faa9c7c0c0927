"""Serves /metrics, rendered off the event loop, and /health; neither counts as a request."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..guard import Guard
from ..http_metrics.handler import HandlerNames
from ..http_metrics.route import path_within, routes_of
from ..multiprocess.shared_values import folder
from ..packs.instruments import Instruments
from .renderer import render
from .single_flight import SingleFlight
from .text_format import Format, gzip_accepted, negotiated
from .worker_merge import Workers
from .worker_text import render_workers

METRICS_PATH: Final = "/metrics"
HEALTH_PATH: Final = "/health"
_SHUT_DOWN: Final = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})
_READING: Final = frozenset({"GET", "HEAD"})
_GZIP_LEVEL: Final = 1
_HEALTHY: Final = {"status": "ok"}


def metrics_endpoint(
    *, registry: CollectorRegistry | None = None, instruments: Instruments | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint, for `add_route`, that serves the registry in the format that the scraper accepts.

    With `instruments`, their registry is served; when a collector in it fails, their own families still are.
    """
    shared = REGISTRY if instruments is None else instruments.registry
    rendered = SingleFlight(_Source(shared if registry is None else registry, instruments).rendered)

    async def metrics(request: Request) -> Response:
        headers = request.headers
        style = negotiated(headers.get("accept", ""))
        names = frozenset(request.query_params.getlist("name[]"))
        body = await rendered(style, names, gzip_accepted(headers.get("accept-encoding", "")))
        return body.response(style)

    return metrics


@dataclass(frozen=True, slots=True)
class _Body:
    content: bytes | None
    zipped: bool

    def response(self, style: Format) -> Response:
        if self.content is None:
            return PlainTextResponse("the metrics could not be rendered", 500)
        headers = {"content-type": style.content_type, "vary": "accept, accept-encoding"}
        if self.zipped:
            headers["content-encoding"] = "gzip"
        return Response(self.content, headers=headers)


class _Source:
    def __init__(self, registry: CollectorRegistry, instruments: Instruments | None) -> None:
        self._registry = registry
        self._instruments = instruments
        self._guard = Guard(lambda: None) if instruments is None else instruments.guard
        shared = folder()
        self._workers = None if shared is None else Workers(shared, self._guard)

    def rendered(self, style: Format, names: frozenset[str], zipped: bool) -> _Body:
        try:
            content = self._encoded(style, names)
            return _Body(gzip.compress(content, _GZIP_LEVEL) if zipped else content, zipped)
        except Exception:
            self._guard.note("rendering the metrics")
            return _Body(None, zipped)

    def _encoded(self, style: Format, names: frozenset[str]) -> bytes:
        if self._workers is not None:
            return render_workers(self._workers, self._registry, style, names, self._guard)
        try:
            if names:
                return style.encode(self._registry.restricted_registry(names))
            return render(self._registry, style, self._guard)
        except Exception:
            if self._instruments is None:
                raise
            self._guard.note("a collector in the registry")
            return render(self._instruments, style, self._guard)


class ServiceEndpoints:
    """Answers /metrics, and /health with 200 unless the application has a route of exactly that path."""

    def __init__(
        self, app: ASGIApp, *, instruments: Instruments, closing: Callable[[], None] | None = None
    ) -> None:
        self.app = app
        self._closing = closing
        self._instruments = instruments
        self._metrics = metrics_endpoint(instruments=instruments)
        self._names: HandlerNames | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("type") == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        path = self._asked(scope)
        if path is None:
            await self.app(scope, receive, send)
            return
        answer = await self._metrics(Request(scope)) if path == METRICS_PATH else JSONResponse(_HEALTHY)
        await answer(scope, receive, send)

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
        except Exception:  # no server sends such a request; the application answers it
            self._instruments.guard.note("reading a request")
            return None
        if path == METRICS_PATH:
            return path
        return path if path == HEALTH_PATH and not self._has_own_health(scope) else None

    def _has_own_health(self, scope: Scope) -> bool:
        try:
            if self._names is None:
                self._names = HandlerNames(self.app if routes_of(self.app) is not None else scope.get("app"))
            return any(node.template == HEALTH_PATH for node in self._names.refresh())
        except Exception:
            self._instruments.guard.note("looking for the application's own /health")
            return True
