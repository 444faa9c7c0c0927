"""Starts a manager's provider when tracing is on; one log line says why it is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..guard import LOGGER
from .trace_settings import TraceSettings

if TYPE_CHECKING:
    from .provider import Provider
    from .spans import Spans


def provider(settings: TraceSettings) -> Provider | None:
    """Return the provider, or None where tracing is off or impossible."""
    if not settings.enabled:
        return None
    for warning in settings.warnings:
        LOGGER.warning("tracing: %s", warning)
    try:
        from .provider import make

        return make(settings)
    except ImportError as error:
        extra = "otel-grpc" if settings.protocol == "grpc" else "otel"
        LOGGER.warning("tracing is off: %s; install backend-instrumentation[%s]", error, extra)
    except Exception as error:
        LOGGER.warning("tracing is off: %s: %s", type(error).__name__, error)
    return None


def spans(provider: Provider | None) -> Spans | None:
    """Return the spans of the provider, if there is one."""
    if provider is None:
        return None
    from .spans import Spans

    return Spans(provider)
