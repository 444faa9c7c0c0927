"""Makes the monitors of a process, one of each name, and runs its log cleaner."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from ..feed.loss_counts import CLEANER, lost
from .checkpoint_monitor import CheckpointMonitor
from .lightweight_monitor import LightweightPerformanceMonitor
from .llm_monitor import LLMMonitor

if TYPE_CHECKING:
    from ..cleaning.cleaner import CleanupResult
    from ..cleaning.cleaner_schedule import ScheduledLogCleaner
    from ..cleaning.cleanup_config import ConfigSource

CONFIG_FILE: Final = os.path.join("configs", "monitoring_logging.yaml")


class PerformanceMonitorFactory:
    """The monitors of a process by name. `get_instance()` returns the one that the functions below use."""

    _instance: PerformanceMonitorFactory | None = None

    def __init__(self) -> None:
        self._classes: dict[str, type[LightweightPerformanceMonitor]] = {
            "checkpoint": CheckpointMonitor,
            "llm": LLMMonitor,
        }
        self._monitors: dict[str, LightweightPerformanceMonitor] = {}
        self._cleaner: ScheduledLogCleaner | None = None

    @classmethod
    def get_instance(cls) -> PerformanceMonitorFactory:
        """Return the factory of this process."""
        found = cls._instance
        if found is None:
            with _lock:
                found = cls._instance = cls._instance or cls()
        return found

    def register(self, name: str, cls: type[LightweightPerformanceMonitor]) -> None:
        """Let `create_monitor(name)` make that class; a monitor that exists under the name is forgotten.

        Raises TypeError when it is no class derived from LightweightPerformanceMonitor.
        """
        if not (isinstance(cls, type) and issubclass(cls, LightweightPerformanceMonitor)):
            raise TypeError(f"{cls!r} is no class derived from LightweightPerformanceMonitor")
        with _lock:
            self._classes[name] = cls
            self._monitors.pop(name, None)

    @overload
    def create_monitor(self, name: Literal["checkpoint"]) -> CheckpointMonitor: ...

    @overload
    def create_monitor(self, name: Literal["llm"]) -> LLMMonitor: ...

    @overload
    def create_monitor(self, name: str) -> Any: ...

    def create_monitor(self, name: str) -> Any:
        """Return the monitor of that name, made at the first call; raises ValueError for an unknown name."""
        found = self._monitors.get(name)
        if found is not None:
            return found
        with _lock:
            if name not in self._classes:
                raise ValueError(f"{name!r} is no monitor; there are {', '.join(sorted(self._classes))}")
            if name not in self._monitors:
                self._monitors[name] = self._classes[name]()
            return self._monitors[name]

    def setup_log_cleaner(self, config: ConfigSource = None) -> ScheduledLogCleaner | None:
        """Start the scheduled cleaner, instead of a former one, and return it.

        `config` is a CleanupConfig, its keys, the path of a YAML file, or None for
        `configs/monitoring_logging.yaml` if there is one, else the defaults. Returns None, with one warning, when
        it is disabled or cannot be used: a cleaner must not run on a configuration that it only half understands.
        """
        try:
            from ..cleaning.cleaner_schedule import ScheduledLogCleaner
            from ..cleaning.cleanup_config import read_config

            settings = read_config(named_config(config))
            with _lock:
                former, self._cleaner = (
                    self._cleaner,
                    ScheduledLogCleaner(settings) if settings.enabled else None,
                )
                cleaner = self._cleaner
            if former is not None:
                former.stop()
            if cleaner is not None:
                cleaner.start()
        except Exception as error:
            lost(CLEANER, f"the log cleaner does not run: {error}")
            return None
        return cleaner

    def get_scheduled_cleaner(self) -> ScheduledLogCleaner | None:
        """Return the cleaner that was set up, or None."""
        return self._cleaner

    def force_log_cleanup(self) -> CleanupResult:
        """Clean now, in this thread, as the cleaner that was set up would, else as the configuration file says."""
        from ..cleaning.cleaner import CleanupResult, LogCleanupService
        from ..cleaning.cleanup_config import read_config

        try:
            cleaner = self._cleaner
            service = (
                LogCleanupService(read_config(named_config(None))) if cleaner is None else cleaner.service
            )
            return service.cleanup()
        except Exception as error:
            lost(CLEANER, error)
            return CleanupResult(errors=(str(error),))


def named_config(config: ConfigSource) -> ConfigSource:
    """Return `configs/monitoring_logging.yaml` where no configuration is given and the file exists."""
    return CONFIG_FILE if config is None and os.path.exists(CONFIG_FILE) else config


_lock = threading.RLock()


def _after_fork() -> None:
    global _lock  # another thread may have held it during the fork
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
