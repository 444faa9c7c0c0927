"""Distributed tracing over OpenTelemetry: spans by hand, by decorator and for requests, sent to Jaeger by OTLP.

Without the extra `otel`, or without an endpoint, everything here does nothing, and decorated functions run as if
they were not decorated.
"""

from .manager import TracingManager
from .trace_settings import TraceSettings

__all__ = ["TraceSettings", "TracingManager"]
