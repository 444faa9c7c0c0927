"""Starts checks when they are due, in a thread that waits for none of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from .check_runner import CheckRunner

_LONGEST_WAIT: Final = 1.0


class CheckScheduler:
    """One thread for all checks. `failed` is called when a round raises; the next round comes anyway."""

    def __init__(self, failed: Callable[[], None]) -> None:
        self._failed = failed
        self._runners: tuple[CheckRunner, ...] = ()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    @property
    def running(self) -> bool:
        """Whether the thread runs in this process; a fork does not take threads along."""
        thread = self._thread
        return thread is not None and self._process == os.getpid() and thread.is_alive()

    def add(self, runner: CheckRunner) -> None:
        """Run the check too, at once when the thread runs."""
        with self._lock:
            self._runners = (*self._runners, runner)
        self._wake.set()

    def start(self) -> None:
        """Start the thread, once; every check is then due. Raises RuntimeError where no thread can start."""
        if self._process not in (0, os.getpid()):
            self._lock = threading.Lock()  # a thread of the parent may have held it during the fork
        with self._lock:
            if self.running:
                return
            for runner in self._runners:
                runner.reset()
            self._stop, self._wake = threading.Event(), threading.Event()
            self._process = os.getpid()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop, self._wake), name="health checks", daemon=True
            )
            self._thread.start()

    def stop(self, seconds: float = 1.0) -> None:
        """End the thread within that many seconds; checks that still run are left alone. Safe twice."""
        thread, stop = self._thread, self._stop
        if thread is None or stop is None:
            return
        stop.set()
        self._wake.set()
        if thread is not threading.current_thread() and self._process == os.getpid():
            thread.join(seconds)
        self._thread = None

    def _run(self, stop: threading.Event, wake: threading.Event) -> None:
        while not stop.is_set():
            now = time.monotonic()
            until = now + _LONGEST_WAIT
            for runner in self._runners:
                until = min(until, self._advanced(runner, now))
            wake.wait(max(0.001, until - time.monotonic()))
            wake.clear()

    def _advanced(self, runner: CheckRunner, now: float) -> float:
        try:
            return runner.advance(now)
        except Exception:
            self._failed()
            return now + _LONGEST_WAIT
