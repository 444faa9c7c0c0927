"""Records checkpoints that are saved and loaded."""

from __future__ import annotations

from typing import ClassVar

from ..feed import metrics_feed
from .lightweight_monitor import LightweightPerformanceMonitor


class CheckpointMonitor(LightweightPerformanceMonitor):
    """Records `checkpoint_save` and `checkpoint_load`; also feeds the families `checkpoint_*`."""

    module: ClassVar[str] = "checkpoint"

    def record_checkpoint_save(
        self, duration: float, size: int | None = None, success: bool = True, **fields: object
    ) -> None:
        """Record one saved checkpoint: `duration` in seconds, `size` in bytes; never raises."""
        self._record("save", duration, size, success, fields)

    def record_checkpoint_load(
        self, duration: float, size: int | None = None, success: bool = True, **fields: object
    ) -> None:
        """Record one loaded checkpoint: `duration` in seconds, `size` in bytes; never raises."""
        self._record("load", duration, size, success, fields)

    def _record(
        self, operation: str, duration: float, size: int | None, success: bool, fields: dict[str, object]
    ) -> None:
        self.logger.log_timer(
            f"checkpoint_{operation}", duration, **{**fields, "size": size, "success": success}
        )
        if self.feed_metrics:
            metrics_feed.checkpoint(self.metrics, operation, duration, size, success)
