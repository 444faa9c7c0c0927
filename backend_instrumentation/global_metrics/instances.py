"""The instances of the process by name: one object and one server, however many callers initialize it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Final

from ..guard import LOGGER
from .component_config import MetricsConfig, changed
from .environment import metrics_enabled
from .executor import ExecutorMetrics

DEFAULT_INSTANCE: Final = "default"
_instances: Final[dict[str, ExecutorMetrics]] = {}
_changes: Final[dict[str, object]] = {}
# Callers come from several event loops and threads, which an asyncio.Lock cannot serve; a port is bound in
# milliseconds.
_lock = threading.RLock()


async def initialize_global_metrics(
    enable_metrics: bool = True,
    metrics_port: int | None = None,
    config: Mapping[str, object] | None = None,
    *,
    instance_name: str = DEFAULT_INSTANCE,
) -> ExecutorMetrics | None:
    """Return the instance of that name, made by its first caller; None when metrics are disabled.

    `metrics_port`, `config`: see ExecutorMetrics; those of the first caller apply. Never raises: a port in use
    is one warning, and the instance records anyway.
    """
    try:
        return _initialize(enable_metrics, metrics_port, config, instance_name)
    except Exception:
        LOGGER.warning("the metrics cannot be initialized; the service goes on without them", exc_info=True)
        return None


async def close_global_metrics(instance_name: str = DEFAULT_INSTANCE) -> None:
    """Close the instance and free its port, unless another uses it; safe twice and without initialization."""
    with _lock:
        metrics = _instances.pop(instance_name, None)
        if not _instances:
            _changes.clear()
    if metrics is not None:
        metrics.close()


def get_global_metrics(instance_name: str = DEFAULT_INSTANCE) -> ExecutorMetrics | None:
    """Return the instance of that name; None before it is initialized and after it is closed."""
    return _instances.get(instance_name)


def is_metrics_initialized() -> bool:
    """Return whether there is any instance."""
    return bool(_instances)


def instances() -> dict[str, ExecutorMetrics]:
    """Return the instances by name."""
    with _lock:
        return dict(_instances)


def update_metrics_config(new_config: Mapping[str, object]) -> MetricsConfig:
    """Change all instances, present and future, at run time; returns the defaults with the changes.

    Takes `enabled`, `log_level`, `max_label_values` and `max_series`. Raises MetricsConfigError, and changes
    nothing, when a key or a value is wrong.
    """
    with _lock:
        found = changed(MetricsConfig(), {**_changes, **new_config})
        for metrics in _instances.values():
            metrics.configure(new_config)
        _changes.update(new_config)
    return found


def _initialize(
    enable_metrics: bool, port: int | None, config: Mapping[str, object] | None, name: str
) -> ExecutorMetrics | None:
    with _lock:
        known = _instances.get(name)
        if known is not None and not known.closed:
            known.reopen()
            return known
        if not (enable_metrics and metrics_enabled()):
            return None
        metrics = ExecutorMetrics(True, port, config, instance_name=name)
        if _changes:
            metrics.configure(_changes)
        _instances[name] = metrics
        return metrics


def _after_fork() -> None:
    global _lock  # another thread may have held it during the fork
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
