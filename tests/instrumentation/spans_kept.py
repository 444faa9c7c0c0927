"""A tracing manager whose spans are kept in this process, cleaned as they would be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from backend_instrumentation.tracing import TracingManager
from backend_instrumentation.tracing.export import otlp

_numbers = count()


class Kept(SpanExporter):
    """An exporter that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


@contextmanager
def kept_spans(**options: Any) -> Iterator[tuple[TracingManager, Kept]]:
    """Give a manager and what it exported; `sent` makes sure that all has arrived."""
    exporter = Kept()
    # Managers with the same endpoint share a sender, and this one's is its own.
    own = {"jaeger_host": f"http://kept-{next(_numbers)}.invalid/v1/traces"}
    with patch.object(otlp, "make", lambda *_: exporter):
        manager = TracingManager("kept", enable_tracing=True, **{**own, **options})
    try:
        yield manager, exporter
    finally:
        manager.close()


def sent(manager: TracingManager, kept: Kept) -> dict[str, ReadableSpan]:
    """Return the spans that have ended so far, by name."""
    assert manager.flush(30)
    return {span.name: span for span in kept.spans}
