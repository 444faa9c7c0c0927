"""Knows the tracing that an application has beside ours, so that ours never changes what its exporter gets."""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakValueDictionary

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind

_OUR_SPAN: Final = otel_context.create_key("backend_instrumentation.span")
_UNCONFIGURED: Final = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
# The resource is what every recording span shows of its provider.
_OURS: WeakValueDictionary[int, TracerProvider] = WeakValueDictionary()


def register(provider: TracerProvider) -> None:
    """Remember a provider as ours."""
    _OURS[id(provider.resource)] = provider


def other_provider() -> trace.TracerProvider | None:
    """Return the process's tracer provider when the application has set one, or None."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, _UNCONFIGURED) or _is_ours(provider):
        return None
    return provider


def other_span_is_current() -> bool:
    """Return whether the current span is the application's own, sampled or not."""
    return _other_current() is not None


def server_span_is_current() -> bool:
    """Return whether the application's own tracing has made a server span around the caller."""
    span: Any = _other_current()
    return span is not None and (
        not span.is_recording() or getattr(span, "kind", SpanKind.SERVER) is SpanKind.SERVER
    )


def our_span(context: Context | None = None) -> Span | None:
    """Return our innermost span of the context, also where it is not OpenTelemetry's current one."""
    span = otel_context.get_value(_OUR_SPAN, context)
    return span if isinstance(span, Span) else None


def with_our_span(span: Span) -> Context:
    """Return the current context with this span as our innermost."""
    return otel_context.set_value(_OUR_SPAN, span)


def _other_current() -> Span | None:
    span = trace.get_current_span()
    context = span.get_span_context()
    if not context.is_valid or context.is_remote or span is our_span() or _is_ours(span):
        return None
    return span


def _is_ours(made: object) -> bool:
    return id(getattr(made, "resource", None)) in _OURS
