"""Performance records as lines of JSON: written at once, nothing held in memory.

Importing this package loads nothing else; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .checkpoint_monitor import CheckpointMonitor
    from .cleaner import CleanupResult, LogCleanupService
    from .cleaner_schedule import ScheduledLogCleaner
    from .cleanup_config import CleanupConfig, CleanupConfigError
    from .default_log import configure_log
    from .factory import PerformanceMonitorFactory
    from .injection import (
        provide_checkpoint_monitor,
        provide_llm_monitor,
        provide_monitor_factory,
        register_monitoring,
    )
    from .lightweight_monitor import LightweightPerformanceMonitor
    from .llm_monitor import LLMMonitor
    from .log_file import LogFile, LogSettings
    from .log_formatter import PerformanceFormatter
    from .log_query import query_logs
    from .loss_counts import losses
    from .performance_logger import PerformanceLogger
    from .record_calls import (
        get_checkpoint_monitor,
        get_llm_monitor,
        record_checkpoint_load,
        record_checkpoint_save,
        record_llm_call,
    )

_HOMES: Final = {
    "CheckpointMonitor": ".checkpoint_monitor",
    "CleanupConfig": ".cleanup_config",
    "CleanupConfigError": ".cleanup_config",
    "CleanupResult": ".cleaner",
    "LLMMonitor": ".llm_monitor",
    "LightweightPerformanceMonitor": ".lightweight_monitor",
    "LogCleanupService": ".cleaner",
    "LogFile": ".log_file",
    "LogSettings": ".log_file",
    "PerformanceFormatter": ".log_formatter",
    "PerformanceLogger": ".performance_logger",
    "PerformanceMonitorFactory": ".factory",
    "ScheduledLogCleaner": ".cleaner_schedule",
    "configure_log": ".default_log",
    "get_checkpoint_monitor": ".record_calls",
    "get_llm_monitor": ".record_calls",
    "losses": ".loss_counts",
    "provide_checkpoint_monitor": ".injection",
    "provide_llm_monitor": ".injection",
    "provide_monitor_factory": ".injection",
    "query_logs": ".log_query",
    "record_checkpoint_load": ".record_calls",
    "record_checkpoint_save": ".record_calls",
    "record_llm_call": ".record_calls",
    "register_monitoring": ".injection",
}

__all__ = [
    "CheckpointMonitor",
    "CleanupConfig",
    "CleanupConfigError",
    "CleanupResult",
    "LLMMonitor",
    "LightweightPerformanceMonitor",
    "LogCleanupService",
    "LogFile",
    "LogSettings",
    "PerformanceFormatter",
    "PerformanceLogger",
    "PerformanceMonitorFactory",
    "ScheduledLogCleaner",
    "configure_log",
    "get_checkpoint_monitor",
    "get_llm_monitor",
    "losses",
    "provide_checkpoint_monitor",
    "provide_llm_monitor",
    "provide_monitor_factory",
    "query_logs",
    "record_checkpoint_load",
    "record_checkpoint_save",
    "record_llm_call",
    "register_monitoring",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
