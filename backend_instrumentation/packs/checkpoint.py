"""The pack `checkpoint`: checkpoints saved and loaded, their duration and their size."""

from __future__ import annotations

from ..recording.timer import Timer
from .pack_metrics import Recording, outcome


class CheckpointPack:
    """Records checkpoints; `operation` is "save" or "load"."""

    def __init__(self, recording: Recording) -> None:
        self._context = recording.context
        self._operations = recording.metric("checkpoint_operations_total")
        self._duration = recording.metric("checkpoint_duration_seconds")
        self._size = recording.metric("checkpoint_size_bytes")

    def save(self, size: float | None = None) -> Checkpoint:
        """Time and count the saving of one checkpoint of `size` bytes."""
        return Checkpoint(self, "save", size)

    def load(self, size: float | None = None) -> Checkpoint:
        """Time and count the loading of one checkpoint of `size` bytes."""
        return Checkpoint(self, "load", size)

    def record(
        self,
        operation: str,
        *,
        success: bool = True,
        duration: float | None = None,
        size: float | None = None,
    ) -> None:
        """Count one checkpoint; `duration` in seconds, `size` in bytes."""
        self._operations.inc(operation=operation, status=outcome(success))
        if duration is not None:
            self._duration.observe(duration, operation=operation)
        if size is not None:
            self._size.observe(size, operation=operation)


class Checkpoint(Timer):
    """One checkpoint being saved or loaded; set `size`, in bytes, when it is known."""

    def __init__(self, pack: CheckpointPack, operation: str, size: float | None) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.operation = operation
        self.size = size

    def _record(self) -> None:
        self._pack.record(self.operation, success=self.success, duration=self.seconds, size=self.size)
