"""A reference to an instance that may not exist yet: each call finds the instance of that time."""

from __future__ import annotations

from typing import Final

from ..guard import Guard
from ..recording.timer import Timer
from .executor import ExecutorMetrics
from .instances import DEFAULT_INSTANCE, get_global_metrics

_GUARD: Final = Guard(lambda: None)


class LateMetrics:
    """Records in the instance of its name, even if that is initialized later, or closed and initialized again."""

    def __init__(self, instance_name: str = DEFAULT_INSTANCE) -> None:
        self.instance_name = instance_name

    @property
    def metrics(self) -> ExecutorMetrics | None:
        """The current instance, or None."""
        return get_global_metrics(self.instance_name)

    def record_operation(
        self, /, operation_type: str, success: bool = True, duration: float | None = None, **labels: object
    ) -> None:
        """Count one operation, and observe its duration in seconds; never raises."""
        metrics = self.metrics
        if metrics is not None:
            metrics.record_operation(operation_type, success, duration, **labels)

    def record_duration(self, /, operation_type: str, duration: float, **labels: object) -> None:
        """Observe the duration of an operation in seconds, without counting one; never raises."""
        metrics = self.metrics
        if metrics is not None:
            metrics.record_duration(operation_type, duration, **labels)

    def operation(self, /, operation_type: str, **labels: object) -> LateOperation:
        """Time and count one operation, as `with`, as `async with`, or as a decorator."""
        return LateOperation(self, operation_type, labels)


class LateOperation(Timer):
    """One operation, recorded in the instance that exists at its end."""

    def __init__(self, late: LateMetrics, operation_type: str, labels: dict[str, object]) -> None:
        super().__init__(_GUARD)
        self._late = late
        self.operation_type = operation_type
        self.labels = labels

    def _record(self) -> None:
        self._late.record_operation(self.operation_type, self.success, self.seconds, **self.labels)
