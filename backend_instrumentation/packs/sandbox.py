"""The pack `sandbox`: executions by outcome and kind of error, their duration, and the pool."""

from __future__ import annotations

from ..recording.timer import Timer
from .pack_metrics import Recording, outcome

_NO_ERROR = "none"
_UNKNOWN = "internal"
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (MemoryError, "out_of_memory"),
    (SyntaxError, "syntax_error"),
    (Exception, "runtime_error"),
)


class SandboxPack:
    """Records executions; `error_type` is one of the contract's SANDBOX_ERRORS, "none" for a success."""

    def __init__(self, recording: Recording) -> None:
        self._context = recording.context
        self._executions = recording.metric("sandbox_executions_total")
        self._duration = recording.metric("sandbox_execution_duration_seconds")
        self._available = recording.metric("sandbox_pool_available")
        self._in_use = recording.metric("sandbox_pool_in_use")
        self._size = recording.metric("sandbox_pool_size")

    def execution(self) -> Execution:
        """Time and count one execution: `with sandbox.execution() as run:`, or as a decorator."""
        return Execution(self)

    def record(self, *, error_type: str = _NO_ERROR, duration: float | None = None) -> None:
        """Count one execution; `duration` in seconds."""
        self._executions.inc(status=outcome(error_type == _NO_ERROR), error_type=error_type)
        if duration is not None:
            self._duration.observe(duration)

    def pool(
        self, *, available: float | None = None, in_use: float | None = None, size: float | None = None
    ) -> None:
        """Set the containers of the pool, each number if given."""
        for gauge, value in ((self._available, available), (self._in_use, in_use), (self._size, size)):
            if value is not None:
                gauge.set(value)


class Execution(Timer):
    """One execution. `error_type` may be set by the code; otherwise the exception that left the block decides.

    TimeoutError is `timeout`, MemoryError `out_of_memory`, SyntaxError `syntax_error`, other exceptions
    `runtime_error`, a cancellation or `success = False` alone `internal`.
    """

    def __init__(self, pack: SandboxPack) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.error_type = _NO_ERROR

    def _record(self) -> None:
        if self.error_type == _NO_ERROR and not self.success:
            self.error_type = next(
                (kind for known, kind in _KINDS if isinstance(self._error, known)), _UNKNOWN
            )
        self.success = self.error_type == _NO_ERROR
        self._pack.record(error_type=self.error_type, duration=self.seconds)
