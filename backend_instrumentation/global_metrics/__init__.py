"""One metrics object, and one port, for all components of a process.

`ENABLE_METRICS` and `METRICS_PORT` read the environment at each access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .aggregate import aggregate_metrics
from .component_config import MetricsConfig, MetricsConfigError
from .environment import DEFAULT_PORT, metrics_enabled, metrics_port
from .executor import ExecutorMetrics
from .instances import (
    close_global_metrics,
    get_global_metrics,
    initialize_global_metrics,
    is_metrics_initialized,
    update_metrics_config,
)
from .late import LateMetrics
from .record_functions import record_duration, record_operation
from .summary import get_metrics_summary

__all__ = [
    "ENABLE_METRICS",
    "METRICS_PORT",
    "ExecutorMetrics",
    "LateMetrics",
    "MetricsConfig",
    "MetricsConfigError",
    "aggregate_metrics",
    "close_global_metrics",
    "get_global_metrics",
    "get_metrics_summary",
    "initialize_global_metrics",
    "is_metrics_initialized",
    "record_duration",
    "record_operation",
    "update_metrics_config",
]

if TYPE_CHECKING:
    ENABLE_METRICS: bool
    METRICS_PORT: int
else:

    def __getattr__(name: str) -> object:
        if name == "ENABLE_METRICS":
            return metrics_enabled()
        if name == "METRICS_PORT":
            given = metrics_port()
            return DEFAULT_PORT if given is None else given
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
