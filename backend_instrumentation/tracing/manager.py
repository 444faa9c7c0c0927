"""The tracing manager: a service's own tracer, its decorators, and spans by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..guard import Guard
from ..lifecycle.shutdown import CLOSE_SECONDS, close_at_exit
from . import start
from .calls.decorators import Decorators, Tags
from .calls.operation_metrics import OperationMetrics
from .calls.span_watch import SpanWatch
from .trace_settings import DEFAULT_SERVICE, TraceSettings, resolve

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, TracerProvider

    from ..packs.instruments import Instruments


class TracingManager(Decorators):
    """Traces a service with a provider of its own; other users of OpenTelemetry in the process are unaffected.

    Where the application has set a provider of its own, spans of ours are never current for it. If the endpoint comes
    from OpenTelemetry's own variables, that provider makes and sends our spans instead.

    Arguments take precedence over `OTEL_*` variables, and those over `JAEGER_*`. Tracing is on when
    `enable_tracing` or JAEGER_ENABLE_TRACING turns it on, or when a host or an endpoint is given. Nothing here
    connects, waits or raises: a thread sends the spans, and retries while the collector is unavailable.
    Database and tool metrics go to `instruments`, or to the default registry, whether calls are traced or not.
    """

    def __init__(
        self,
        service_name: str = DEFAULT_SERVICE,
        jaeger_host: str | None = None,
        jaeger_port: int | None = None,
        enable_tracing: bool | None = None,
        *,
        instruments: Instruments | None = None,
        settings: TraceSettings | None = None,
    ) -> None:
        self.settings = settings or resolve(
            os.environ, service_name=service_name, host=jaeger_host, port=jaeger_port, enable=enable_tracing
        )
        self._guard = Guard(lambda: None) if instruments is None else instruments.guard
        self._metrics = OperationMetrics(instruments)
        self._provider = start.provider(self.settings)
        self._spans = start.spans(self._provider)
        if self._provider is not None:
            close_at_exit(self)

    @property
    def enabled(self) -> bool:
        """Whether spans are made: tracing is on, its libraries are installed, and it is not closed."""
        return self._spans is not None

    @property
    def tracer_provider(self) -> TracerProvider | None:
        """The manager's provider, for libraries that take one; None when tracing is off."""
        return None if self._provider is None else self._provider.tracers

    def use(self, instruments: Instruments) -> None:
        """Record database and tool calls into these instruments, unless others were given before."""
        self._metrics.use(instruments)

    def start_span(
        self, operation_name: str, parent_span: object = None, tags: Tags | None = None
    ) -> Span | None:
        """Return a started span, or None when tracing is off.

        `parent_span` is a span or what `extract_span_context` returned; without it the current span is the
        parent. The span is not made current: `span` does that.
        """
        return self._started(operation_name, parent_span, tags)

    def start_request_span(
        self, operation_name: str, headers: object, tags: Tags | None = None
    ) -> Span | None:
        """Return a started server span: a child of the span in the request's headers, or the root of a new trace."""
        if self._spans is None:
            return None
        from opentelemetry.context import Context

        parent = self.extract_span_context(headers)
        return self._started(operation_name, Context() if parent is None else parent, tags, "server")

    def request_context(self, span: Span) -> Context:
        """Return the current context with a span that `start_request_span` returned."""
        from opentelemetry.context import get_current

        return get_current() if self._spans is None else self._spans.context(span)

    def finish_span(
        self, span: Span | None, tags: Tags | None = None, logs: object = None, error: object = None
    ) -> None:
        """End a span; None and an ended span are accepted.

        `logs` are events: a mapping or several, each named by its key `event`. `error` is an exception, which
        is recorded, or any other value, whose text becomes the span's status.
        """
        if span is not None and self._spans is not None:
            try:
                self._spans.finish(span, tags, logs, error)
            except Exception:
                self._guard.note("ending a span")

    @contextmanager
    def span(
        self, operation_name: str, parent_span: object = None, tags: Tags | None = None
    ) -> Iterator[Span | None]:
        """Yield a span that is current in the block; it ends with the block, and records an exception that leaves it."""
        span = self._started(operation_name, parent_span, tags)
        with SpanWatch(self._spans, span, None, self._guard) as watch, watch.step():
            yield span

    def inject_span_context(
        self, span: Span | None, carrier: MutableMapping[str, str]
    ) -> MutableMapping[str, str]:
        """Write `traceparent`, `tracestate` and `baggage` of the span, or of the current one, into the carrier."""
        if self._spans is not None:
            try:
                self._spans.inject(span, carrier)
            except Exception:
                self._guard.note("writing trace headers")
        return carrier

    def extract_span_context(self, carrier: object) -> Context | None:
        """Return the parent that a mapping, or pairs, of headers names; None when there is none.

        W3C's headers are read first, then Jaeger's `uber-trace-id`; the case of names does not matter.
        """
        if self._spans is not None:
            try:
                return self._spans.extract(carrier)
            except Exception:
                self._guard.note("reading trace headers")
        return None

    def get_tracer_info(self) -> dict[str, Any]:
        """Return the state of the tracer as a dict that is ready for JSON."""
        provider, sender = self._provider, None if self._provider is None else self._provider.sender
        return {
            "enabled": self.enabled,
            "tracer_initialized": provider is not None,
            "service_name": self.settings.service_name,
            "endpoint": self.settings.shown_endpoint,
            "sampler": None if provider is None else provider.sampler,
            "exporter": None if provider is None else provider.exporter,
            "exported": 0 if sender is None else sender.exported,
            "dropped": 0 if sender is None else sender.dropped,
            "last_error": None if sender is None else sender.last_error,
        }

    def flush(self, seconds: float = CLOSE_SECONDS) -> bool:
        """Send the ended spans, for at most that long; return whether all were sent."""
        return self._provider is None or self._provider.sender.force_flush(int(seconds * 1000))

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send the ended spans, for at most that long, and stop tracing; safe twice."""
        self._spans = None
        if self._provider is not None:
            self._provider.lease.release(seconds)
