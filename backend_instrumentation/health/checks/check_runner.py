"""Runs one check again and again, and keeps its latest answer."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .awaited_check import CheckLoop, LoopOf
from .check_call import CheckCall
from .check_definition import Check
from .check_result import CheckResult, State

_STALE_PERIODS: Final = 2
_HEALTHY: Final = frozenset({"pass", "warn", "skipped"})


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """The cached answer of a check: its state, when it was found (seconds since the epoch) and how old it is.

    `state` follows the check's `failures` and `successes`; `last` is the result of the latest run. `duration` and
    `age` are in seconds; both and the times are None before the first run has ended.
    """

    check: Check
    state: State
    last: CheckResult
    time: float | None
    age: float | None
    duration: float | None
    consecutive_failures: int
    last_success: float | None
    stale: bool


Finished = Callable[[CheckAnswer], None]
_NOT_RUN: Final = CheckResult("unknown", "the check has not run yet")


class CheckRunner:
    """The runs of one check, at most one at a time; `finished` is called with each new answer."""

    def __init__(self, check: Check, finished: Finished, loop_of: LoopOf) -> None:
        self.check = check
        self._finished = finished
        self._loop = CheckLoop(check.name, loop_of)
        self._lock = threading.Lock()
        self._call: CheckCall | None = None  # the run that is waited for
        self._lost: CheckCall | None = None  # one that missed its deadline and may still occupy its thread
        self._process = os.getpid()
        self.reset()

    def reset(self) -> None:
        """Be due at once, with an answer that begins to age now."""
        if (
            self._process != os.getpid()
        ):  # no thread came along through the fork, and one may have held the lock
            self._process, self._lock = os.getpid(), threading.Lock()
            self._call = self._lost = None
        self._due = self._reset_at = time.monotonic()
        self._state: State = "unknown"
        self._last = _NOT_RUN
        self._found: tuple[float, float, float] | None = None  # monotonic, wall clock, duration
        self._failed = self._passed = 0
        self._last_success: float | None = None

    def advance(self, now: float) -> float:
        """Start the check when it is due, and give up a run past its deadline; return when to look again."""
        with self._lock:
            late = self._call if self._call is not None and now >= self._call.deadline else None
            if late is not None:
                self._call, self._lost = None, late
        if late is not None:
            self._record(self._timed_out(), self.check.timeout)
        running = self._call
        if running is not None:
            return running.deadline
        if now >= self._due:
            self._due = now + self.check.period
            return self._start()
        return self._due

    def _start(self) -> float:
        if self._lost is not None and self._lost.ended is None:
            # Another thread would wait for the same thing.
            self._record(self._timed_out(), self.check.timeout)
            return self._due
        self._lost = None
        call = CheckCall(self.check, self._loop, self._done)
        self._call = call
        try:
            call.start()
        except RuntimeError as error:
            self._call = None
            self._record(CheckResult("unknown", f"the check could not be started: {error}"), 0.0)
        return call.deadline

    def _timed_out(self) -> CheckResult:
        return CheckResult("fail", f"no answer within {self.check.timeout:g} s")

    def _done(self, call: CheckCall) -> None:
        with self._lock:
            if self._call is not call:
                return
            self._call = None
        assert call.result is not None and call.ended is not None
        self._record(call.result, call.ended - call.started)

    def _record(self, result: CheckResult, duration: float) -> None:
        with self._lock:
            wall = time.time()
            healthy = result.state in _HEALTHY
            self._failed = 0 if healthy else self._failed + 1
            self._passed = self._passed + 1 if healthy else 0
            if healthy:
                self._last_success = wall
            if self._changes(healthy):
                self._state = result.state
            self._last = result
            self._found = (time.monotonic(), wall, duration)
        self._finished(self.answer())

    def _changes(self, healthy: bool) -> bool:
        if not healthy:
            return self._failed >= self.check.failures
        # Only a check that was found failing has to prove itself.
        return self._state in ("pass", "warn", "skipped", "unknown") or self._passed >= self.check.successes

    def answer(self) -> CheckAnswer:
        """Return the latest answer; it never waits for the check."""
        now = time.monotonic()
        with self._lock:
            found = self._found
            age = None if found is None else max(0.0, now - found[0])
            since = now - self._reset_at if age is None else age
            return CheckAnswer(
                self.check,
                self._state,
                self._last,
                None if found is None else found[1],
                age,
                None if found is None else found[2],
                self._failed,
                self._last_success,
                stale=since > _STALE_PERIODS * self.check.period + self.check.timeout,
            )
