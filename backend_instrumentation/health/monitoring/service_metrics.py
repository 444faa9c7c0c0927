"""What is known about one service of the process: its status, requests, failures and response times."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, Final

from ...contract import HEALTH_STATES
from ..checks import health_feed
from ..checks.check_result import without_secrets
from ..checks.check_runner import CheckAnswer
from ..monitoring_config import MonitoringConfig
from .recent_values import RecentValues

_P95: Final = 0.95
_STOPPED: Final = ("stopped", "starting")


@dataclass(frozen=True)
class ServiceMetrics:
    """The numbers of a service at one moment: durations in seconds, times in seconds since the epoch.

    `error_rate` is a share from 0 to 1. Response times are of the latest requests, as many as the configuration's
    `metrics_buffer_size`; they are None without requests.
    """

    name: str
    status: str
    uptime: float
    last_check: float | None
    consecutive_failures: int
    total_requests: int
    failed_requests: int
    error_rate: float
    mean_response_time: float | None
    p95_response_time: float | None
    last_error: str | None
    tools_count: int
    active_connections: int
    last_activity: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(self.to_dict())


class ServiceMonitor:
    """Records what one service does. Every method may be called from any thread, and none raises.

    The state, and each check, are also recorded in the pack `health`, requests in the pack `operations`.
    """

    def __init__(self, name: str, config: MonitoringConfig | None = None) -> None:
        self.name: Final = name
        self._config = MonitoringConfig() if config is None else config
        self._lock = threading.RLock()
        self._times = RecentValues(self._config.collection.metrics_buffer_size)
        self._started = time.monotonic()
        self._status = "unknown"
        self._last_check: float | None = None
        self._failures = self._total = self._failed = 0
        self._last_error: str | None = None
        self._last_activity: float | None = None
        self._tools = self._connections = 0

    def set_status(self, status: str) -> None:
        """Set the status: unknown, starting, running, degraded, stopped or error; another word is `unknown`."""
        with self._lock:
            if status == "starting" or self._status == "stopped":
                self._started = time.monotonic()
            self._status = status if status in HEALTH_STATES else "unknown"
        self._feed_state()

    def record_request(self, duration: float, success: bool = True, error: object = None) -> None:
        """Count one request; `duration` in seconds."""
        try:
            with self._lock:
                self._total += 1
                self._failed += not success
                self._last_activity = time.time()
                self._times.add(float(duration))
                if not success:
                    self._last_error = _text(error) or self._last_error
            instruments = health_feed.newest("operations")
            if instruments is not None:
                instruments.operations.record(self.name, success=bool(success), duration=duration)
        except Exception:
            health_feed.GUARD.note("recording a request of a service")

    def record_check(self, success: bool, error: object = None) -> None:
        """Count one check of the service: it is degraded from the first failure, in error after the configured number."""
        try:
            with self._lock:
                self._last_check = time.time()
                self._failures = 0 if success else self._failures + 1
                if not success:
                    self._last_error = _text(error) or self._last_error
                if success or self._status not in _STOPPED:
                    self._status = self._checked()
            self._feed_state()
        except Exception:
            health_feed.GUARD.note("recording a check of a service")

    def record_answer(self, answer: CheckAnswer) -> None:
        """Count the run of a check that a `Health` has made."""
        if answer.last.state != "skipped":
            self.record_check(answer.last.state in ("pass", "warn"), answer.last.message)

    def update(self, *, tools_count: int | None = None, active_connections: int | None = None) -> None:
        """Set how many tools the service has, and how many connections are open."""
        with self._lock:
            self._tools = self._tools if tools_count is None else tools_count
            self._connections = self._connections if active_connections is None else active_connections

    def metrics(self) -> ServiceMetrics:
        """Return the numbers of this moment."""
        with self._lock:
            return ServiceMetrics(
                name=self.name,
                status=self._status,
                uptime=0.0 if self._status == "stopped" else time.monotonic() - self._started,
                last_check=self._last_check,
                consecutive_failures=self._failures,
                total_requests=self._total,
                failed_requests=self._failed,
                error_rate=self._failed / self._total if self._total else 0.0,
                mean_response_time=self._times.mean(),
                p95_response_time=self._times.percentile(_P95),
                last_error=self._last_error,
                tools_count=self._tools,
                active_connections=self._connections,
                last_activity=self._last_activity,
            )

    def _checked(self) -> str:
        if self._failures >= self._config.services.max_consecutive_failures:
            return "error"
        return "degraded" if self._failures else "running"

    def _feed_state(self) -> None:
        try:
            instruments = health_feed.newest("health")
            if instruments is not None:
                instruments.health.state(self.name, self._status)
        except Exception:
            health_feed.GUARD.note("recording the state of a service")


def _text(error: object) -> str:
    if isinstance(error, BaseException):
        return without_secrets(f"{type(error).__name__}: {error}")
    return "" if error is None else without_secrets(error)
