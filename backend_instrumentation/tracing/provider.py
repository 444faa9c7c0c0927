"""Makes the private tracer provider of a manager: the global one can be set only once per process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

from .export.sender import Sender
from .export.shared_sender import SenderLease, lease
from .other_tracing import register
from .trace_settings import TraceSettings

SCOPE = "backend_instrumentation"


@dataclass(frozen=True, slots=True)
class Provider:
    """A tracer, its provider, and the use of a sender for its spans."""

    tracers: TracerProvider
    tracer: Tracer
    lease: SenderLease
    exporter: str
    joins: bool
    """Whether spans are left to the application's own provider where it has one: it reads the same variables."""

    @property
    def sender(self) -> Sender:
        """The sender of the spans, which other managers may share."""
        return self.lease.sender

    @property
    def sampler(self) -> str:
        """The sampler's own description, such as `AlwaysOnSampler`."""
        return self.tracers.sampler.get_description()


def make(settings: TraceSettings, environ: Mapping[str, str] = os.environ) -> Provider:
    """Return a provider; raises ImportError where OpenTelemetry is not installed. Connects to nothing."""
    shared = lease(settings, environ)
    tracers = TracerProvider(
        resource=Resource.create({"service.name": settings.service_name}),
        shutdown_on_exit=False,  # its own hook waits for 30 seconds
    )
    # An argument that turns tracing on overrides OTEL_SDK_DISABLED, which the provider reads itself.
    if getattr(tracers, "_disabled", False):
        tracers._disabled = False
    register(tracers)
    tracers.add_span_processor(shared.sender)
    kind = "otlp/grpc" if settings.protocol == "grpc" else "otlp/http"
    return Provider(tracers, tracers.get_tracer(SCOPE), shared, kind, settings.from_otel)
