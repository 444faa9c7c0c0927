"""What is known about the tools of the process: calls, failures, slow calls and durations of each."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ...contract import OTHER_VALUE
from ..checks import health_feed
from ..checks.check_result import without_secrets
from ..monitoring_config import MonitoringConfig
from .recent_values import RecentValues

_P95: Final = 0.95
_MOST_TOOLS: Final = 200


@dataclass(frozen=True)
class ToolMetrics:
    """The numbers of a tool at one moment; durations in seconds, `error_rate` from 0 to 1.

    `slow_calls` took as long as the configuration's `slow_call_threshold`, `timeouts` as long as `call_timeout`.
    """

    name: str
    calls: int
    failures: int
    error_rate: float
    slow_calls: int
    timeouts: int
    mean_duration: float | None
    p95_duration: float | None
    last_error: str | None
    last_call: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


@dataclass
class _Tool:
    times: RecentValues
    calls: int = 0
    failures: int = 0
    slow: int = 0
    timeouts: int = 0
    last_error: str | None = None
    last_call: float | None = None


@dataclass
class ToolMonitor:
    """Records calls of tools, of at most 200 names; further ones are counted together. No method raises.

    Each call is also recorded in the pack `tool`.
    """

    config: MonitoringConfig = field(default_factory=MonitoringConfig)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._tools: dict[str, _Tool] = {}

    def record_call(
        self,
        tool: str,
        duration: float,
        success: bool = True,
        *,
        operation: str = "call",
        error: object = None,
    ) -> None:
        """Count one call; `duration` in seconds."""
        try:
            with self._lock:
                self._record(self._of(str(tool)), float(duration), success, error)
            instruments = health_feed.newest("tool")
            if instruments is not None:
                instruments.tool.record(tool, operation, success=bool(success), duration=duration)
        except Exception:
            health_feed.GUARD.note("recording the call of a tool")

    def _of(self, name: str) -> _Tool:
        if name not in self._tools and len(self._tools) >= _MOST_TOOLS:
            name = OTHER_VALUE
        made = _Tool(RecentValues(self.config.collection.metrics_buffer_size))
        return self._tools.setdefault(name, made)

    def _record(self, tool: _Tool, duration: float, success: bool, error: object) -> None:
        limits = self.config.tools
        tool.calls += 1
        tool.failures += not success
        tool.last_call = time.time()
        tool.times.add(duration)
        tool.slow += duration >= limits.slow_call_threshold
        tool.timeouts += duration >= limits.call_timeout
        if not success and error is not None:
            tool.last_error = without_secrets(error)

    def metrics(self) -> dict[str, ToolMetrics]:
        """Return the numbers of this moment by tool."""
        with self._lock:
            return {
                name: ToolMetrics(
                    name=name,
                    calls=tool.calls,
                    failures=tool.failures,
                    error_rate=tool.failures / tool.calls if tool.calls else 0.0,
                    slow_calls=tool.slow,
                    timeouts=tool.timeouts,
                    mean_duration=tool.times.mean(),
                    p95_duration=tool.times.percentile(_P95),
                    last_error=tool.last_error,
                    last_call=tool.last_call,
                )
                for name, tool in self._tools.items()
            }
