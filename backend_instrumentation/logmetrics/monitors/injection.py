"""Gives the monitors to frameworks that inject dependencies.

The providers take no arguments, so FastAPI's `Depends(provide_llm_monitor)` and any container can call them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .checkpoint_monitor import CheckpointMonitor
from .factory import PerformanceMonitorFactory
from .llm_monitor import LLMMonitor
from .record_calls import get_checkpoint_monitor, get_llm_monitor


def provide_monitor_factory() -> PerformanceMonitorFactory:
    """Return the factory of the process."""
    return PerformanceMonitorFactory.get_instance()


def provide_checkpoint_monitor() -> CheckpointMonitor:
    """Return the process's monitor of checkpoints."""
    return get_checkpoint_monitor()


def provide_llm_monitor() -> LLMMonitor:
    """Return the process's monitor of language models."""
    return get_llm_monitor()


PROVIDERS: Final[dict[type, Callable[[], Any]]] = {
    PerformanceMonitorFactory: provide_monitor_factory,
    CheckpointMonitor: provide_checkpoint_monitor,
    LLMMonitor: provide_llm_monitor,
}


def register_monitoring(container: Any) -> Any:
    """Register the factory and both monitors by their classes, and return the container.

    Takes a `svcs.Registry` (or anything with `register_factory(type, function)`), a FastAPI or Starlette
    application, whose `state.monitoring` becomes the factory, a container with `register(type, function)`, or a
    mutable mapping. Raises TypeError for anything else.
    """
    for name in ("register_factory", "register"):
        method = getattr(container, name, None)
        if callable(method):
            for wanted, provider in PROVIDERS.items():
                method(wanted, provider)
            return container
    if hasattr(container, "state") and hasattr(container, "routes"):
        container.state.monitoring = provide_monitor_factory()
    elif hasattr(container, "__setitem__"):
        for wanted, provider in PROVIDERS.items():
            container[wanted] = provider
    else:
        raise TypeError(
            f"register_monitoring() takes a svcs.Registry, an application, a container with register() or a "
            f"mapping, not {type(container).__name__}"
        )
    return container
