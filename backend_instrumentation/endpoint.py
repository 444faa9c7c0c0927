"""Serves the registry as /metrics, rendered off the event loop, and /health; neither counts as a request."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from typing import Final

import anyio.to_thread
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder, gzip_accepted
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .guard import Guard
from .handler import HandlerNames
from .instruments import Instruments
from .route import path_within, routes_of

METRICS_PATH: Final = "/metrics"
HEALTH_PATH: Final = "/health"
_READING: Final = frozenset({"GET", "HEAD"})
_GZIP_LEVEL: Final = 1
_HEALTHY: Final = {"status": "ok"}


def metrics_endpoint(
    *, registry: CollectorRegistry | None = None, instruments: Instruments | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint, for `add_route`, that serves the registry in the format that the scraper accepts.

    With `instruments`, their registry is served; and when a collector in it fails, their own families still
    are.
    """
    shared = REGISTRY if instruments is None else instruments.registry
    source = _Source(shared if registry is None else registry, instruments)

    async def metrics(request: Request) -> Response:
        # A limiter of its own: a scrape must not queue behind the service's own slow threads.
        limiter = anyio.CapacityLimiter(1)
        return await anyio.to_thread.run_sync(source.rendered, request, limiter=limiter)

    return metrics


class _Source:
    def __init__(self, registry: CollectorRegistry, instruments: Instruments | None) -> None:
        self._registry = registry
        self._instruments = instruments
        self._guard = Guard(lambda: None) if instruments is None else instruments.guard

    def rendered(self, request: Request) -> Response:
        try:
            body, content_type = self._encoded(request)
        except Exception:
            self._guard.note("rendering the metrics")
            return PlainTextResponse("the metrics could not be rendered", 500)
        headers = {"content-type": content_type, "vary": "accept, accept-encoding"}
        if gzip_accepted(request.headers.get("accept-encoding", "")):
            body = gzip.compress(body, _GZIP_LEVEL)
            headers["content-encoding"] = "gzip"
        return Response(body, headers=headers)

    def _encoded(self, request: Request) -> tuple[bytes, str]:
        try:
            encode, content_type = choose_encoder(request.headers.get("accept", ""))
        except (TypeError, ValueError):  # a version that is not a number
            encode, content_type = choose_encoder("")
        names = request.query_params.getlist("name[]")
        try:
            asked = self._registry.restricted_registry(names) if names else self._registry
            return encode(asked), content_type
        except Exception:
            if self._instruments is None:
                raise
            self._guard.note("a collector in the registry")
            return encode(self._instruments), content_type


class ServiceEndpoints:
    """Answers /metrics, and /health with 200 unless the application has a route of exactly that path."""

    def __init__(self, app: ASGIApp, *, instruments: Instruments) -> None:
        self.app = app
        self._instruments = instruments
        self._metrics = metrics_endpoint(instruments=instruments)
        self._names: HandlerNames | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._asked(scope)
        if path is None:
            await self.app(scope, receive, send)
            return
        answer = await self._metrics(Request(scope)) if path == METRICS_PATH else JSONResponse(_HEALTHY)
        await answer(scope, receive, send)

    def _asked(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or scope["method"] not in _READING or self._instruments.closed:
            return None
        path = path_within(scope)
        if path == METRICS_PATH:
            return path
        return path if path == HEALTH_PATH and not self._has_own_health(scope) else None

    def _has_own_health(self, scope: Scope) -> bool:
        if self._names is None:
            self._names = HandlerNames(self.app if routes_of(self.app) is not None else scope.get("app"))
        try:
            return any(node.template == HEALTH_PATH for node in self._names.refresh())
        except Exception:
            self._instruments.guard.note("looking for the application's own /health")
            return True
