"""Makes a span for each request: FastAPI's own where it has them, else by a small middleware of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from starlette.types import ASGIApp

from ...http_metrics.middleware import UNCOUNTED_PATHS
from ...http_metrics.route import path_within
from ...lifecycle.handle import Instrumentation
from ...lifecycle.outermost import OutermostMiddleware
from ...lifecycle.probe_paths import probe_paths
from .request_span import RequestSpans

if TYPE_CHECKING:
    from ..manager import TracingManager

Scope = MutableMapping[str, Any]


def attach(handle: Instrumentation, manager: TracingManager, exclude: frozenset[str]) -> None:
    """Trace the requests of the handle's application, and add the trace ids to its histograms as exemplars."""
    left_out = UNCOUNTED_PATHS | handle.instruments.settings.exclude | exclude
    if not _native(handle, manager, left_out):
        _middleware(handle, manager, left_out)
    handle.hooks.exemplar = exemplar


def exemplar() -> Mapping[str, str] | None:
    """Return the ids of the current span as an exemplar's labels, or None when it is not sampled."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid or not context.trace_flags.sampled:
        return None
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _native(handle: Instrumentation, manager: TracingManager, left_out: frozenset[str]) -> bool:
    # FastAPI has read its configuration by now; these attributes are private and may disappear.
    config: Any = getattr(handle.app, "_telemetry", None)
    used: Any = getattr(getattr(handle.app, "_native_telemetry", None), "config", None)
    if not isinstance(config, dict) or used is not config or "tracer_provider" not in config:
        return False
    before = dict(config)
    asked = before.get("exclude")
    config.update(
        tracer_provider=manager.tracer_provider,
        tracing=True,
        metrics=before["metrics"] and before["meter_provider"] is not None,
        logs=before["logs"] and before["logger_provider"] is not None,
        operation_spans=False,  # three more spans per request, at twice the cost
        exclude=_excluding(left_out, probe_paths(handle.app), asked),
    )
    handle.closers.append(lambda: config.update(before))
    return True


def _excluding(
    left_out: frozenset[str], probes: set[str], asked: Callable[[Scope], bool] | None
) -> Callable[[Scope], bool]:
    def exclude(scope: Scope) -> bool:
        return (
            _is_left_out(scope, left_out)
            or _is_left_out(scope, probes)
            or (asked is not None and asked(scope))
        )

    return exclude


def _is_left_out(scope: Scope, left_out: AbstractSet[str]) -> bool:
    try:
        return path_within(scope) in left_out
    except Exception:
        return False


def _middleware(handle: Instrumentation, manager: TracingManager, left_out: frozenset[str]) -> None:
    def wrap(inside: ASGIApp) -> ASGIApp:
        return RequestSpans(inside, manager=manager, exclude=left_out, instruments=handle.instruments)

    handle.wrappers.append(OutermostMiddleware(handle.app, wrap))
