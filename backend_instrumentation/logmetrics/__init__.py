"""Performance records as lines of JSON: written at once, nothing held in memory.

Importing this package loads nothing else; each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..lazy_names import lazy_names

if TYPE_CHECKING:
    from .cleaning.cleaner import CleanupResult, LogCleanupService
    from .cleaning.cleaner_schedule import ScheduledLogCleaner
    from .cleaning.cleanup_config import CleanupConfig, CleanupConfigError
    from .feed.loss_counts import losses
    from .monitors.checkpoint_monitor import CheckpointMonitor
    from .monitors.factory import PerformanceMonitorFactory
    from .monitors.injection import (
        provide_checkpoint_monitor,
        provide_llm_monitor,
        provide_monitor_factory,
        register_monitoring,
    )
    from .monitors.lightweight_monitor import LightweightPerformanceMonitor
    from .monitors.llm_monitor import LLMMonitor
    from .monitors.record_calls import (
        get_checkpoint_monitor,
        get_llm_monitor,
        record_checkpoint_load,
        record_checkpoint_save,
        record_llm_call,
    )
    from .query.log_query import query_logs
    from .writing.default_log import configure_log
    from .writing.log_file import LogFile, LogSettings
    from .writing.log_formatter import PerformanceFormatter
    from .writing.performance_logger import PerformanceLogger

_HOMES: Final = {
    "CheckpointMonitor": ".monitors.checkpoint_monitor",
    "CleanupConfig": ".cleaning.cleanup_config",
    "CleanupConfigError": ".cleaning.cleanup_config",
    "CleanupResult": ".cleaning.cleaner",
    "LLMMonitor": ".monitors.llm_monitor",
    "LightweightPerformanceMonitor": ".monitors.lightweight_monitor",
    "LogCleanupService": ".cleaning.cleaner",
    "LogFile": ".writing.log_file",
    "LogSettings": ".writing.log_file",
    "PerformanceFormatter": ".writing.log_formatter",
    "PerformanceLogger": ".writing.performance_logger",
    "PerformanceMonitorFactory": ".monitors.factory",
    "ScheduledLogCleaner": ".cleaning.cleaner_schedule",
    "configure_log": ".writing.default_log",
    "get_checkpoint_monitor": ".monitors.record_calls",
    "get_llm_monitor": ".monitors.record_calls",
    "losses": ".feed.loss_counts",
    "provide_checkpoint_monitor": ".monitors.injection",
    "provide_llm_monitor": ".monitors.injection",
    "provide_monitor_factory": ".monitors.injection",
    "query_logs": ".query.log_query",
    "record_checkpoint_load": ".monitors.record_calls",
    "record_checkpoint_save": ".monitors.record_calls",
    "record_llm_call": ".monitors.record_calls",
    "register_monitoring": ".monitors.injection",
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

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
