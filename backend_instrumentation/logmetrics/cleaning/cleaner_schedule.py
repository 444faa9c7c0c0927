"""Runs the log cleaner at its interval, in a thread that stops at once."""

from __future__ import annotations

import threading

from .cleaner import CleanupResult, LogCleanupService
from .cleanup_config import ConfigSource

_HOUR = 3600


class ScheduledLogCleaner:
    """Cleans when it is started and then every `check_interval_hours`. Takes what LogCleanupService takes."""

    def __init__(self, config: ConfigSource = None) -> None:
        self.service = LogCleanupService(config)
        self.last_result: CleanupResult | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether its thread runs in this process."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, unless it runs; raises RuntimeError when no thread can be started."""
        if not self.running:
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop,), name="log cleaner", daemon=True
            )
            self._thread.start()

    def stop(self, timeout: float = 1.0) -> bool:
        """Stop the thread, and wait for its end for `timeout` seconds; returns whether it has ended. Safe twice."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self.running

    def _run(self, stop: threading.Event) -> None:
        while True:
            self.last_result = self.service.cleanup(stopping=stop.is_set)
            if stop.wait(self.service.config.check_interval_hours * _HOUR):
                return
