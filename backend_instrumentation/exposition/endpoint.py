"""Serves the metrics of a registry, rendered off the event loop."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ..config.metrics_guard import MetricsGuard
from ..guard import Guard
from ..multiprocess.shared_values import folder
from ..packs.instruments import Instruments
from .renderer import render
from .single_flight import SingleFlight
from .text_format import Collected, Format, gzip_accepted, negotiated, selected
from .token_check import guarded
from .worker_merge import Workers
from .worker_text import render_workers

_GZIP_LEVEL: Final = 1


def metrics_endpoint(
    *,
    registry: CollectorRegistry | None = None,
    instruments: Instruments | None = None,
    guard: MetricsGuard | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint, for `add_route`, that serves the registry in the format that the scraper accepts.

    With `instruments`, their registry is served; when a collector in it fails, their own families still are.
    With `guard`, a request needs its token.
    """
    shared = REGISTRY if instruments is None else instruments.registry
    source = _Source(shared if registry is None else registry, instruments)
    rendered = SingleFlight(source.rendered)

    async def metrics(request: Request) -> Response:
        headers = request.headers
        style = negotiated(headers.get("accept", ""))
        names = frozenset(request.query_params.getlist("name[]"))
        body = await rendered(style, names, gzip_accepted(headers.get("accept-encoding", "")))
        return body.response(style)

    return metrics if guard is None else guarded(metrics, guard, source.guard)


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
        self.guard = Guard(lambda: None) if instruments is None else instruments.guard
        shared = folder()
        self._workers = None if shared is None else Workers(shared, self.guard)

    def rendered(self, style: Format, names: frozenset[str], zipped: bool) -> _Body:
        try:
            content = self._encoded(style, names)
            return _Body(gzip.compress(content, _GZIP_LEVEL) if zipped else content, zipped)
        except Exception:
            self.guard.note("rendering the metrics")
            return _Body(None, zipped)

    def _encoded(self, style: Format, names: frozenset[str]) -> bytes:
        if self._workers is not None:
            return render_workers(self._workers, self._registry, style, names, self.guard)
        try:
            if names:
                return style.encode(Collected(selected(self._registry, names)))
            return render(self._registry, style, self.guard)
        except Exception:
            if self._instruments is None:
                raise
            self.guard.note("a collector in the registry")
            return render(self._instruments, style, self.guard)
