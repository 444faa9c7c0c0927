"""Makes the private tracer provider of a manager: the global one can be set only once per process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

from .export import otlp
from .export.sender import Bounds, Sender
from .trace_settings import TraceSettings

_SCOPE = "backend_instrumentation"


@dataclass(frozen=True, slots=True)
class Provider:
    """A tracer, its provider, and the sender of its spans."""

    tracers: TracerProvider
    tracer: Tracer
    sender: Sender
    exporter: str

    @property
    def sampler(self) -> str:
        """The sampler's own description, such as `AlwaysOnSampler`."""
        return self.tracers.sampler.get_description()


def make(settings: TraceSettings, environ: Mapping[str, str] = os.environ) -> Provider:
    """Return a provider; raises ImportError where OpenTelemetry is not installed. Connects to nothing."""
    exporter = otlp.make(settings, environ)
    tracers = TracerProvider(
        resource=Resource.create({"service.name": settings.service_name}),
        shutdown_on_exit=False,  # its own hook waits for 30 seconds
    )
    # An argument that turns tracing on overrides OTEL_SDK_DISABLED, which the provider reads itself.
    if getattr(tracers, "_disabled", False):
        tracers._disabled = False
    sender = Sender(otlp.quietly(exporter), Bounds.read(environ), finish=exporter.shutdown)
    tracers.add_span_processor(sender)
    kind = "otlp/grpc" if settings.protocol == "grpc" else "otlp/http"
    return Provider(tracers, tracers.get_tracer(_SCOPE), sender, kind)
