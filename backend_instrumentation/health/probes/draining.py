"""Delays the end of a server after SIGTERM until the load balancer has seen that readiness fails."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType
from typing import Any, Final

from ..checks import health_feed
from .health_report import Probed

_ASKED_WITHIN: Final = 60.0


class Draining:
    """Receives SIGTERM in the server's place and passes it on after `seconds`; a second signal passes at once.

    Nothing is delayed when nobody asked for readiness in the last minute: then no load balancer waits for it.
    """

    def __init__(self, health: Probed, seconds: float) -> None:
        self._health = health
        self._seconds = seconds
        self._asked = float("-inf")
        self._before: Any = None
        self._installed = False
        self._timer: threading.Timer | None = None

    def asked(self) -> None:
        """Note that readiness was asked for."""
        self._asked = time.monotonic()

    def install(self) -> None:
        """Receive the signal from now on; only Python's main thread can, elsewhere nothing changes."""
        if self._installed or threading.current_thread() is not threading.main_thread():
            return
        try:
            self._before = signal.signal(signal.SIGTERM, self.handle)
            self._installed = True
        except (OSError, ValueError):
            health_feed.GUARD.note("receiving SIGTERM")

    def remove(self) -> None:
        """Give the signal back to the server, unless another handler has replaced this one; safe twice."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._installed or threading.current_thread() is not threading.main_thread():
            return
        self._installed = False
        if signal.getsignal(signal.SIGTERM) == self.handle:
            signal.signal(signal.SIGTERM, signal.SIG_DFL if self._before is None else self._before)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Begin to drain, or pass the signal on."""
        waits = not self._health.draining and time.monotonic() - self._asked < _ASKED_WITHIN
        self._health.drain()
        if not waits or self._seconds <= 0:
            self._pass_on(number, frame)
            return
        self._timer = threading.Timer(self._seconds, os.kill, (os.getpid(), number))
        self._timer.daemon = True
        self._timer.start()

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if callable(self._before):
            self._before(number, frame)
        elif self._before != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
