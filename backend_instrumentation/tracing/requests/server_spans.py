"""Finds out whether other tracing makes the server span of a request: then ours makes none."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from opentelemetry import trace

from ..other_tracing import other_provider, server_span_is_current

_MIDDLEWARE: Final = "OpenTelemetryMiddleware"
_HTTP_ONLY: Final = "starlette."
_MOST_WRAPPERS: Final = 64
_PROXIES: Final = (trace.ProxyTracer, trace.ProxyTracerProvider)
_SILENT: Final = (trace.NoOpTracer, trace.NoOpTracerProvider)


class ServerSpans:
    """The other tracing around one application: OpenTelemetry's middleware, Starlette's, or FastAPI itself.

    What lies outside our middleware has made its span already. What lies inside will make it as a child of the
    current span, and so would take ours for its parent: it is looked for in the stack, once.
    """

    def __init__(self, inside: object) -> None:
        self._app = inside
        self._inside: tuple[object, ...] | None = None

    def are_made(self, scope: MutableMapping[str, Any]) -> bool:
        """Return whether this request has a server span, or gets one inside."""
        if self._inside is None:
            self._inside = tuple(_middleware(self._app))
        inside = any(_traces(each, scope["type"]) for each in self._inside)
        return inside or server_span_is_current()


def _middleware(app: Any) -> Iterator[object]:
    for _ in range(_MOST_WRAPPERS):
        if app is None:
            return
        if any(kind.__name__ == _MIDDLEWARE for kind in type(app).__mro__):
            yield app
        app = getattr(app, "app", None)


def _traces(middleware: object, kind: str) -> bool:
    if kind != "http" and type(middleware).__module__.startswith(_HTTP_ONLY):
        return False
    tracer = getattr(middleware, "tracer", None) or getattr(middleware, "_tracer_provider", None)
    if isinstance(tracer, _PROXIES):
        return other_provider() is not None
    return tracer is not None and not isinstance(tracer, _SILENT)
