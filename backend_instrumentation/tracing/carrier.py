"""Writes and reads a span's context as headers: W3C trace context and baggage; `uber-trace-id` is only read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# Not the global propagator: another library may have replaced that one.
_TRACE: Final = TraceContextTextMapPropagator()
_BAGGAGE: Final = W3CBaggagePropagator()
_NEEDED: Final = frozenset({"traceparent", "tracestate", "baggage", "uber-trace-id"})
_JAEGER: Final = re.compile(r"([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]*:([0-9a-f]{1,2})", re.IGNORECASE)


def inject(context: Context, carrier: MutableMapping[str, str]) -> None:
    """Write the context's headers into the carrier."""
    _TRACE.inject(carrier, context)
    _BAGGAGE.inject(carrier, context)


def extract(carrier: object) -> Context | None:
    """Return the context in a mapping, or pairs, of headers; None when they contain none.

    The case of names does not matter, bytes are read too, and an unreadable header is ignored.
    """
    headers = dict(_headers(carrier))
    context = _TRACE.extract(headers, Context())
    if not _span_context(context).is_valid:
        context = _jaeger(headers.get("uber-trace-id", ""))
    context = _BAGGAGE.extract(headers, context)
    return context if _span_context(context).is_valid or baggage.get_all(context) else None


def _headers(carrier: object) -> Iterable[tuple[str, str]]:
    pairs: Any = carrier.items() if isinstance(carrier, Mapping) or hasattr(carrier, "items") else carrier
    if not isinstance(pairs, Iterable):
        return
    for pair in pairs:
        if isinstance(pair, tuple | list) and len(pair) == 2:
            name, value = (each.decode("latin-1") if isinstance(each, bytes) else each for each in pair)
            if isinstance(name, str) and isinstance(value, str) and name.lower() in _NEEDED:
                yield name.lower(), value.strip()


def _jaeger(header: str) -> Context:
    found = _JAEGER.fullmatch(unquote(header))
    if found is None:
        return Context()
    span = trace.SpanContext(
        trace_id=int(found[1], 16),
        span_id=int(found[2], 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(found[3], 16) & trace.TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(span), Context()) if span.is_valid else Context()


def _span_context(context: Context) -> trace.SpanContext:
    return trace.get_current_span(context).get_span_context()
