"""Functions that find their instance at each call; they do nothing before initialization, and never raise."""

from __future__ import annotations

from typing import Final

from ..guard import Guard
from .instances import DEFAULT_INSTANCE, get_global_metrics

_GUARD: Final = Guard(lambda: None)
_INSTANCE: Final = "instance_name"


def record_operation(
    operation_type: str, success: bool = True, duration: float | None = None, **labels: object
) -> None:
    """Count one operation, and observe its duration in seconds.

    Records in the instance of the label `instance_name`, else in "default". Labels that are not declared
    are dropped, counted and logged once.
    """
    try:
        metrics = get_global_metrics(str(labels.pop(_INSTANCE, DEFAULT_INSTANCE)))
        if metrics is not None:
            metrics.record_operation(operation_type, success, duration, **labels)
    except Exception:
        _GUARD.note("recording an operation")


def record_duration(operation_type: str, duration: float, **labels: object) -> None:
    """Observe the duration of an operation in seconds, without counting one; labels as above."""
    try:
        metrics = get_global_metrics(str(labels.pop(_INSTANCE, DEFAULT_INSTANCE)))
        if metrics is not None:
            metrics.record_duration(operation_type, duration, **labels)
    except Exception:
        _GUARD.note("recording a duration")
