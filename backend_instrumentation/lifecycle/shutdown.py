"""Closes what is open when the process ends: two seconds for all parts together."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from typing import Final, Protocol
from weakref import WeakSet

CLOSE_SECONDS: Final = 2.0


class Closable(Protocol):
    def close(self, seconds: float) -> None:
        """Finish within that many seconds; safe twice."""


class SharedTime:
    """Seconds that several closers share; the clock starts when the first one asks."""

    def __init__(
        self, seconds: float = CLOSE_SECONDS, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._deadline: float | None = None

    def left(self) -> float:
        """Return the remaining seconds, at least 0."""
        if self._deadline is None:
            self._deadline = self._clock() + self._seconds
        return max(0.0, self._deadline - self._clock())


_OPEN: Final[WeakSet[Closable]] = WeakSet()


def close_at_exit(part: Closable) -> None:
    """Close the part at the end of the process, if it still exists."""
    _OPEN.add(part)


def _close_all() -> None:
    time_left = SharedTime()
    for part in list(_OPEN):
        part.close(time_left.left())


atexit.register(_close_all)
