"""Makes the OTLP exporter, and intercepts its log lines: one line per change of state is enough."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ..trace_settings import TraceSettings

_TIMEOUTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
_TIMEOUT_SECONDS: Final = 5
_LOGGERS: Final = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.common.http",
    "opentelemetry.exporter.otlp.proto.grpc.exporter",
    # What carries the export: at the end of the process its lines would go into closed streams.
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.util.retry",
)


class Deliver(Protocol):
    """Sends a batch, and returns the error or None."""

    def __call__(self, spans: Sequence[ReadableSpan]) -> str | None: ...


def make(settings: TraceSettings, environ: Mapping[str, str] = os.environ) -> SpanExporter:
    """Return the exporter for the settings' protocol; raises ImportError where it is not installed."""
    timeout = None if any(environ.get(name) for name in _TIMEOUTS) else _TIMEOUT_SECONDS
    if settings.protocol == "grpc":
        return _grpc(settings.endpoint, timeout)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=settings.endpoint, timeout=timeout)


def _grpc(endpoint: str, timeout: int | None) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    insecure = not endpoint.startswith("https://")
    return OTLPSpanExporter(endpoint=endpoint, insecure=insecure, timeout=timeout)


def quietly(exporter: SpanExporter) -> Deliver:
    """Return a function that exports without logging, and returns the exporter's own message on a failure."""
    log_filter = _LogFilter.attached()

    def deliver(spans: Sequence[ReadableSpan]) -> str | None:
        with log_filter.intercepting() as messages:
            try:
                if exporter.export(spans) is SpanExportResult.SUCCESS:
                    return None
            except Exception as error:
                return f"{type(error).__name__}: {error}"
        return messages[0] if messages else "the exporter failed without a message"

    return deliver


class _LogFilter(logging.Filter):
    """Keeps the exporters' log records out of the logs, only in the threads that export for us."""

    _one: _LogFilter | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        super().__init__()
        self._messages: dict[int, list[str]] = {}

    @classmethod
    def attached(cls) -> _LogFilter:
        with cls._lock:
            if cls._one is None:
                cls._one = cls()
                for name in _LOGGERS:
                    logging.getLogger(name).addFilter(cls._one)
            return cls._one

    def intercepting(self) -> _Intercepting:
        return _Intercepting(self._messages)

    def filter(self, record: logging.LogRecord) -> bool:
        messages = self._messages.get(threading.get_ident())
        if messages is None:
            return True
        if record.levelno >= logging.WARNING:
            messages.append(record.getMessage())
        return False


class _Intercepting:
    def __init__(self, messages: dict[int, list[str]]) -> None:
        self._messages = messages

    def __enter__(self) -> list[str]:
        return self._messages.setdefault(threading.get_ident(), [])

    def __exit__(self, *_: object) -> None:
        self._messages.pop(threading.get_ident(), None)
