"""The pack `operations`: the operations of a service's components, by type and success."""

from __future__ import annotations

from ..recording.label_values import readable
from ..recording.timer import Timer
from .pack_metrics import Recording


class OperationsPack:
    """Records operations; `operation_type` is an open label, bounded to 200 values."""

    def __init__(self, recording: Recording) -> None:
        self._context = recording.context
        self._operations = recording.metric("operations_total")
        self._duration = recording.metric("operation_duration_seconds")

    def operation(self, /, operation_type: str, **labels: object) -> Operation:
        """Time and count one operation: `with operations.operation("sync"):`, or as a decorator."""
        return Operation(self, operation_type, labels)

    def record(
        self, /, operation_type: str, success: bool = True, duration: float | None = None, **labels: object
    ) -> None:
        """Count one operation; `duration` in seconds."""
        try:
            succeeded = readable(bool(success))
        except Exception:
            self._context.guard.note("recording an operation")
            return
        self._context.recorded()
        labels["operation_type"] = operation_type
        self._operations.inc(**{**labels, "success": succeeded})
        if duration is not None:
            self._duration.observe(duration, **labels)

    def duration(self, /, operation_type: str, duration: float, **labels: object) -> None:
        """Record a duration in seconds without counting an operation."""
        self._context.recorded()
        self._duration.observe(duration, **{**labels, "operation_type": operation_type})


class Operation(Timer):
    """One operation of a component."""

    def __init__(self, pack: OperationsPack, operation_type: str, labels: dict[str, object]) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.operation_type = operation_type
        self.labels = labels

    def _record(self) -> None:
        self._pack.record(self.operation_type, self.success, self.seconds, **self.labels)
