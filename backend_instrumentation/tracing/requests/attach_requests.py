"""Makes a span for each request of an application, and tells its histograms the trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from starlette.types import ASGIApp

from ...lifecycle.handle import Instrumentation
from ...lifecycle.outermost import OutermostMiddleware
from ..other_tracing import our_span
from .request_span import RequestSpans

if TYPE_CHECKING:
    from ..manager import TracingManager

Scope = MutableMapping[str, Any]


def attach(handle: Instrumentation, manager: TracingManager) -> None:
    """Trace the requests of the handle's application, and add the trace ids to its histograms as exemplars."""
    left_out = handle.instruments.settings.uncounted()
    asked = _excluded_in_fastapi(handle.app)

    def wrap(inside: ASGIApp) -> ASGIApp:
        return RequestSpans(
            inside, manager=manager, exclude=left_out, instruments=handle.instruments, leave_out=asked
        )

    handle.wrappers.append(OutermostMiddleware(handle.app, wrap))
    handle.hooks.exemplar = exemplar


def exemplar() -> Mapping[str, str] | None:
    """Return the ids of the request's span as an exemplar's labels, or None when it is not sampled."""
    context = (our_span() or trace.get_current_span()).get_span_context()
    if not context.is_valid or not context.trace_flags.sampled:
        return None
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _excluded_in_fastapi(app: object) -> Callable[[Scope], bool] | None:
    # A private attribute, which may disappear: what the user asked of FastAPI's own spans holds for ours.
    config = getattr(app, "_telemetry", None)
    asked = config.get("exclude") if isinstance(config, dict) else None
    return asked if callable(asked) else None
