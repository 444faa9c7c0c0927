"""Measures how late the application's event loop runs what is due: a loop that is blocked answers no request."""

from __future__ import annotations

import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable

from .check_definition import CheckFunction
from .check_result import CheckResult


def loop_lag(
    loop_of: Callable[[], AbstractEventLoop | None], *, warn: float = 0.1, fail: float = 1.0
) -> CheckFunction:
    """Return a check that warns and fails from these lags on, in seconds; it is skipped without a loop."""

    def measure() -> CheckResult:
        loop = loop_of()
        if loop is None or not loop.is_running():
            return CheckResult("skipped", "no event loop of an application is known")
        ran = threading.Event()
        before = time.monotonic()
        loop.call_soon_threadsafe(ran.set)
        ran.wait(fail)
        lag = time.monotonic() - before
        if not ran.is_set() or lag >= fail:
            return CheckResult("fail", f"the event loop was blocked for {fail:g} s or longer", lag, "s")
        if lag >= warn:
            return CheckResult("warn", f"the event loop was {lag:.2f} s late", lag, "s")
        return CheckResult("pass", observed=lag, unit="s")

    return measure
