"""SLO-ready metrics for FastAPI and Starlette services; importing this package loads nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .lazy_names import lazy_names

if TYPE_CHECKING:
    from .attach.instrument import instrument
    from .config.metrics_guard import MetricsGuard
    from .exposition.endpoint import metrics_endpoint
    from .global_metrics import (
        ENABLE_METRICS,
        METRICS_PORT,
        ExecutorMetrics,
        LateMetrics,
        MetricsConfigError,
        aggregate_metrics,
        close_global_metrics,
        get_global_metrics,
        get_metrics_summary,
        initialize_global_metrics,
        is_metrics_initialized,
        record_duration,
        record_operation,
        update_metrics_config,
    )
    from .http_metrics.middleware import MetricsMiddleware
    from .lifecycle.handle import Instrumentation
    from .packs.instruments import Instruments
    from .tracing import TracingManager

__all__ = [
    "ENABLE_METRICS",
    "METRICS_PORT",
    "ExecutorMetrics",
    "Instrumentation",
    "Instruments",
    "LateMetrics",
    "MetricsConfigError",
    "MetricsGuard",
    "MetricsMiddleware",
    "TracingManager",
    "aggregate_metrics",
    "close_global_metrics",
    "get_global_metrics",
    "get_metrics_summary",
    "initialize_global_metrics",
    "instrument",
    "is_metrics_initialized",
    "metrics_endpoint",
    "record_duration",
    "record_operation",
    "update_metrics_config",
]

_HOMES: Final = {
    "Instrumentation": ".lifecycle.handle",
    "Instruments": ".packs.instruments",
    "MetricsMiddleware": ".http_metrics.middleware",
    "TracingManager": ".tracing",
    "MetricsGuard": ".config.metrics_guard",
    "instrument": ".attach.instrument",
    "metrics_endpoint": ".exposition.endpoint",
    "ENABLE_METRICS": ".global_metrics",
    "METRICS_PORT": ".global_metrics",
    "ExecutorMetrics": ".global_metrics",
    "LateMetrics": ".global_metrics",
    "MetricsConfigError": ".global_metrics",
    "aggregate_metrics": ".global_metrics",
    "close_global_metrics": ".global_metrics",
    "get_global_metrics": ".global_metrics",
    "get_metrics_summary": ".global_metrics",
    "initialize_global_metrics": ".global_metrics",
    "is_metrics_initialized": ".global_metrics",
    "record_duration": ".global_metrics",
    "record_operation": ".global_metrics",
    "update_metrics_config": ".global_metrics",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
