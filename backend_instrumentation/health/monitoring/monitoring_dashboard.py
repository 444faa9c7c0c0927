"""Monitors the services, tools and system of one process, without any other program."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TextIO
from weakref import ref

from ...guard import LOGGER
from ..alerts.alert_manager import AlertManager, Handler
from ..alerts.alert_rules import threshold_rules
from ..checks import health_feed
from ..checks.check_definition import CheckFunction, Kind
from ..checks.check_runner import CheckAnswer
from ..monitoring_config import MonitoringConfig
from ..service_health import Health
from .dashboard_text import dashboard_text
from .metrics_history import DAY_SECONDS, MOST_IN_FILE, MetricsHistory
from .service_metrics import ServiceMonitor
from .system_metrics import SystemMonitor
from .tool_metrics import ToolMonitor

_JOIN_SECONDS: Final = 0.9


class MonitoringDashboard:
    """Collects metrics in the background, keeps them for a day, and evaluates alert rules.

    The rules of the configuration's thresholds are there from the start. `history_file` names a SQLite file that
    keeps the history over a restart, for `metrics_retention_days`. `handlers` get the alerts.
    """

    def __init__(
        self,
        config: MonitoringConfig | None = None,
        *,
        history_file: str | os.PathLike[str] | None = None,
        alerts: AlertManager | None = None,
        handlers: Iterable[Handler] = (),
        health: Health | None = None,
    ) -> None:
        _NEWEST[:] = [ref(self)]
        self.config: Final = MonitoringConfig() if config is None else config
        self.health: Final = Health(self.config) if health is None else health
        self.tools: Final = ToolMonitor(self.config)
        self.system: Final = SystemMonitor()
        self.services: Final[dict[str, ServiceMonitor]] = {}
        self.history: Final = _history(self.config, history_file)
        self.alerts: Final = alerts or AlertManager(
            threshold_rules(self.config) if self.config.performance_monitoring else (),
            enabled=self.config.alerts_enabled,
        )
        for handler in handlers:
            self.alerts.add_handler(handler)
        LOGGER.setLevel(self.config.collection.log_level)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def add_service(
        self, name: str, check: CheckFunction | None = None, *, kind: Kind = "functional", **options: Any
    ) -> ServiceMonitor:
        """Return the monitor of a service, made at the first call; `check` is run as `Health.add` says."""
        with self._lock:
            if name in self.services and check is None:
                return self.services[name]
            monitor = self.services.setdefault(name, ServiceMonitor(name, self.config))
        if check is not None:
            limits = self.config.services
            given = {"period": limits.status_check_interval, "timeout": limits.connection_timeout, **options}
            added = self.health.add(name, check, kind=kind, **given)
            self.health.listen(_of(added.name, monitor.record_answer))
        return monitor

    def snapshot(self) -> dict[str, Any]:
        """Return the metrics of this moment, ready for JSON: time, system, services, tools, health."""
        return {
            "time": time.time(),
            "system": self.system.metrics().to_dict(),
            "services": {name: each.metrics().to_dict() for name, each in tuple(self.services.items())},
            "tools": {name: each.to_dict() for name, each in self.tools.metrics().items()},
            "health": {each.check.name: each.state for each in self.health.answers()},
        }

    def start_monitoring(self, interval: float | None = None) -> None:
        """Collect every `interval` seconds from now on, else every `check_interval`; a second call changes nothing.

        Raises ValueError for an interval that is not above 0.
        """
        seconds = self.config.check_interval if interval is None else float(interval)
        if not seconds > 0:
            raise ValueError(f"interval: {interval!r} is no number of seconds above 0")
        with self._lock:
            if not self.config.enabled or (self._thread is not None and self._thread.is_alive()):
                return
            self.health.start()
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(seconds, self._stop), name="monitoring", daemon=True
            )
            self._thread.start()

    def stop_monitoring(self) -> None:
        """Stop within a second, whatever checks and handlers still do; safe twice."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stop.set()
        deadline = time.monotonic() + _JOIN_SECONDS
        self.health.stop(_JOIN_SECONDS / 2)
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, seconds: float, stop: threading.Event) -> None:
        following = time.monotonic()
        while not stop.is_set():
            self.collect()
            following = max(following + seconds, time.monotonic())
            stop.wait(following - time.monotonic())

    def collect(self) -> None:
        """Take a snapshot, keep it, and evaluate the alert rules; never raises."""
        try:
            snapshot = self.snapshot()
            self.history.add(snapshot)
            self.alerts.check_alerts(snapshot)
        except Exception:
            health_feed.GUARD.note("collecting the metrics of the dashboard")

    def recent(self, seconds: float = DAY_SECONDS) -> list[dict[str, Any]]:
        """Return the snapshots of the last `seconds`, oldest first: of a day in memory, of more in a file."""
        return self.history.since(seconds)

    def print_dashboard(self, file: TextIO | None = None) -> None:
        """Print system, services, tools and firing alerts as plain text."""
        text = dashboard_text(self.snapshot(), self.alerts.firing())
        print(text, file=file or sys.stdout)


def _history(config: MonitoringConfig, file: str | os.PathLike[str] | None) -> MetricsHistory:
    if file is None:
        return MetricsHistory()
    return MetricsHistory(file, seconds=config.metrics_retention_days * DAY_SECONDS, most=MOST_IN_FILE)


def _of(name: str, listener: Callable[[CheckAnswer], object]) -> Callable[[CheckAnswer], object]:
    return lambda answer: listener(answer) if answer.check.name == name else None


_NEWEST: Final[list[ref[MonitoringDashboard]]] = []


def newest_dashboard() -> MonitoringDashboard | None:
    """Return the dashboard that was made last in this process, if it still exists."""
    return _NEWEST[0]() if _NEWEST else None
