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
    listener = _Listener.attached()

    def deliver(spans: Sequence[ReadableSpan]) -> str | None:
        with listener.listening() as heard:
            try:
                if exporter.export(spans) is SpanExportResult.SUCCESS:
                    return None
            except Exception as error:
                return f"{type(error).__name__}: {error}"
        return heard[0] if heard else "the exporter failed without a message"

    return deliver


class _Listener(logging.Filter):
    """Keeps the exporters' log records out of the logs, only in the threads that export for us."""

    _one: _Listener | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        super().__init__()
        self._heard: dict[int, list[str]] = {}

    @classmethod
    def attached(cls) -> _Listener:
        with cls._lock:
            if cls._one is None:
                cls._one = cls()
                for name in _LOGGERS:
                    logging.getLogger(name).addFilter(cls._one)
            return cls._one

    def listening(self) -> _Hearing:
        return _Hearing(self._heard)

    def filter(self, record: logging.LogRecord) -> bool:
        heard = self._heard.get(threading.get_ident())
        if heard is None:
            return True
        heard.append(record.getMessage())
        return False


class _Hearing:
    def __init__(self, heard: dict[int, list[str]]) -> None:
        self._heard = heard

    def __enter__(self) -> list[str]:
        return self._heard.setdefault(threading.get_ident(), [])

    def __exit__(self, *_: object) -> None:
        self._heard.pop(threading.get_ident(), None)
