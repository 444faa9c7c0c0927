"""Starts and ends spans with a private provider, and reads and writes their headers."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, Tracer, TracerProvider

from ..redaction import redacted_text
from . import carrier as carriers
from . import other_tracing
from .calls.arguments import described
from .export.cleaning import clean_attributes
from .provider import SCOPE, Provider

# With these, the caller itself ended the call.
_NO_FAILURE: Final = (asyncio.CancelledError, GeneratorExit)
KINDS: Final = {"client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL, "server": SpanKind.SERVER}
Tags = Mapping[str, Any]


class Spans:
    """A tracing manager's access to spans; each method may raise, and the manager guards the call."""

    def __init__(self, provider: Provider) -> None:
        self._tracer = provider.tracer
        self._joins = provider.joins
        self._other: tuple[TracerProvider, Tracer] | None = None

    def start(self, name: str, parent: object, tags: Tags | None, kind: str = "internal") -> Span:
        """Return a new span that is not current; without a parent, the current span is its parent."""
        attributes = {key: described(key, value) for key, value in (tags or {}).items()}
        context, tracer = self._parent(parent), self._tracer_now()
        if tracer is not self._tracer:
            # Our sender removes the secrets of our provider's spans; another provider has none.
            name, attributes = redacted_text(name), clean_attributes(attributes)
        return tracer.start_span(name, context, kind=KINDS[kind], attributes=attributes)

    def describe(self, span: Span, attributes: Tags) -> None:
        """Set attributes of a started span."""
        span.set_attributes(clean_attributes(attributes) if self._joins else attributes)

    def finish(self, span: Span, tags: Tags | None = None, logs: object = None, error: object = None) -> None:
        """End the span with these tags, events and error; ending it twice changes nothing."""
        if not span.is_recording():
            return
        self.describe(span, {key: described(key, value) for key, value in (tags or {}).items()})
        for log in _logs(logs):
            fields = clean_attributes({str(key): described(str(key), value) for key, value in log.items()})
            span.add_event(str(fields.pop("event", "log")), fields)
        if error is not None:
            _fail(span, error)
        span.end()

    def context(self, span: Span) -> Context:
        """Return the current context with that span, which the application's own tracing does not see."""
        context = other_tracing.with_our_span(span)
        return context if self._is_apart() else trace.set_span_in_context(span, context)

    def inject(self, span: object, carrier: MutableMapping[str, str]) -> None:
        """Write the headers of the span, or of the current one, into the carrier."""
        carriers.inject(self._parent(span), carrier)

    def extract(self, carrier: object) -> Context | None:
        """Return the parent context in the carrier's headers, or None."""
        return carriers.extract(carrier)

    def _tracer_now(self) -> Tracer:
        other = other_tracing.other_provider() if self._joins else None
        if other is None:
            return self._tracer
        if self._other is None or self._other[0] is not other:
            self._other = other, other.get_tracer(SCOPE)
        return self._tracer if isinstance(self._other[1], trace.NoOpTracer) else self._other[1]

    def _is_apart(self) -> bool:
        if other_tracing.other_provider() is not None:
            return not self._joins
        return other_tracing.other_span_is_current()

    def _parent(self, parent: object) -> Context:
        context = _context(parent)
        if context is not None:
            return context
        own = other_tracing.our_span()
        current = otel_context.get_current()
        return trace.set_span_in_context(own, current) if own is not None and self._is_apart() else current


def _context(parent: object) -> Context | None:
    if isinstance(parent, Span):
        return trace.set_span_in_context(parent)
    if isinstance(parent, SpanContext):
        return trace.set_span_in_context(trace.NonRecordingSpan(parent))
    return parent if isinstance(parent, Context) else None


def _logs(logs: object) -> Iterable[Mapping[Any, Any]]:
    if isinstance(logs, Mapping):
        return (logs,)
    if isinstance(logs, str):
        return ({"event": logs},)
    if isinstance(logs, Iterable):
        return [each if isinstance(each, Mapping) else {"event": each} for each in logs]
    return ()


def _fail(span: Span, error: object) -> None:
    if isinstance(error, _NO_FAILURE):
        span.set_attribute("cancelled", True)
        return
    if isinstance(error, BaseException):
        span.set_attribute("error.type", _type_name(error))
        span.record_exception(error, _clean_exception(error))
        span.set_status(Status(StatusCode.ERROR, redacted_text(f"{type(error).__name__}: {error}")))
        return
    span.set_status(Status(StatusCode.ERROR, None if error is True else redacted_text(str(error))))


def _clean_exception(error: BaseException) -> dict[str, str]:
    trace_lines = traceback.format_exception(type(error), error, error.__traceback__)
    return {
        "exception.message": redacted_text(str(error)),
        "exception.stacktrace": redacted_text("".join(trace_lines)),
    }


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
