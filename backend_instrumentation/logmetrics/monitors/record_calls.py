"""Functions that record through the process's own monitors; none raises."""

from __future__ import annotations

from .checkpoint_monitor import CheckpointMonitor
from .factory import PerformanceMonitorFactory
from .llm_monitor import LLMMonitor


def get_checkpoint_monitor() -> CheckpointMonitor:
    """Return the process's monitor of checkpoints."""
    return PerformanceMonitorFactory.get_instance().create_monitor("checkpoint")


def get_llm_monitor() -> LLMMonitor:
    """Return the process's monitor of language models."""
    return PerformanceMonitorFactory.get_instance().create_monitor("llm")


def record_checkpoint_save(
    duration: float, size: int | None = None, success: bool = True, **fields: object
) -> None:
    """Record one saved checkpoint: `duration` in seconds, `size` in bytes."""
    get_checkpoint_monitor().record_checkpoint_save(duration, size, success, **fields)


def record_checkpoint_load(
    duration: float, size: int | None = None, success: bool = True, **fields: object
) -> None:
    """Record one loaded checkpoint: `duration` in seconds, `size` in bytes."""
    get_checkpoint_monitor().record_checkpoint_load(duration, size, success, **fields)


def record_llm_call(
    model: str,
    provider: str,
    response_time: float,
    prompt_tokens: int = 0,
    completion_tokens: int = 0,
    total_tokens: int | None = None,
    success: bool = True,
    **fields: object,
) -> None:
    """Record one call of a language model; `response_time` in seconds."""
    get_llm_monitor().record_llm_call(
        model, provider, response_time, prompt_tokens, completion_tokens, total_tokens, success, **fields
    )
