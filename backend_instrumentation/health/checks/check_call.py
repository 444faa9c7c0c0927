"""Calls a check's function in a thread of its own, so that one that hangs or blocks delays nobody."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Final

from .awaited_check import CheckLoop
from .check_definition import Check
from .check_result import CheckResult, result_of, result_of_error

_FIRST_PAUSE: Final = 0.05


class CheckCall:
    """One run of a check. Its thread cannot be ended from outside: after the deadline its result is dropped."""

    def __init__(self, check: Check, loop: CheckLoop, done: Callable[[CheckCall], None]) -> None:
        self.check = check
        self.started = time.monotonic()
        self.deadline = self.started + check.timeout
        self.ended: float | None = None
        self.result: CheckResult | None = None
        self._loop = loop
        self._done = done

    def start(self) -> None:
        """Start the thread; raises RuntimeError where the system allows no further one."""
        threading.Thread(target=self._run, name=f"health check {self.check.name}", daemon=True).start()

    def _run(self) -> None:
        try:
            self.result = self._tried()
        except BaseException as error:  # a check that raises SystemExit ends its own run only
            self.result = result_of_error(error)
        self.ended = time.monotonic()
        self._done(self)

    def _tried(self) -> CheckResult:
        pause = _FIRST_PAUSE
        for _ in range(self.check.retries):
            result = self._once()
            if result.state in ("pass", "warn", "skipped") or time.monotonic() + pause >= self.deadline:
                return result
            time.sleep(pause)
            pause *= 2
        return self._once()

    def _once(self) -> CheckResult:
        try:
            value = self.check.run()
            if inspect.isawaitable(value):
                value = self._loop.result(value, max(0.0, self.deadline - time.monotonic()))
            return result_of(value)
        except (CancelledError, TimeoutError, asyncio.TimeoutError) as error:
            return result_of_error(error) if str(error) else CheckResult("fail", "the check timed out")
        except BaseException as error:
            return result_of_error(error)
