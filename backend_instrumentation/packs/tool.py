"""The pack `tool`: calls by tool, operation and outcome, and their duration."""

from __future__ import annotations

from ..recording.timer import Timer
from .pack_metrics import Recording, outcome


class ToolPack:
    """Records calls of tools; `tool` and `operation` are open labels, bounded to 200 values each."""

    def __init__(self, recording: Recording) -> None:
        self._context = recording.context
        self._calls = recording.metric("tool_calls_total")
        self._duration = recording.metric("tool_call_duration_seconds")

    def call(self, tool: str, operation: str) -> ToolCall:
        """Time and count one call: `with tool.call("search", "query"):`, or as a decorator."""
        return ToolCall(self, tool, operation)

    def record(
        self, tool: str, operation: str, *, success: bool = True, duration: float | None = None
    ) -> None:
        """Count one call; `duration` in seconds."""
        self._calls.inc(tool=tool, operation=operation, status=outcome(success))
        if duration is not None:
            self._duration.observe(duration, tool=tool, operation=operation)


class ToolCall(Timer):
    """One call of a tool."""

    def __init__(self, pack: ToolPack, tool: str, operation: str) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.tool = tool
        self.operation = operation

    def _record(self) -> None:
        self._pack.record(self.tool, self.operation, success=self.success, duration=self.seconds)
