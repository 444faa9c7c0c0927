"""Say how far long work is: on a terminal in one line, elsewhere in a line every few seconds."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_SECONDS_BETWEEN_LINES = 10


class Progress:
    """Counts the steps of one piece of work; `total` is how many there are."""

    def __init__(self, what: str, total: int, out: TextIO = sys.stderr) -> None:
        self._what, self._total, self._out = what, total, out
        self._done, self._start, self._said = 0, time.monotonic(), 0.0
        self._say(force=True)

    def step(self, done: int | None = None) -> None:
        """Tell that one more step is done, or so many of them."""
        self._done = self._done + 1 if done is None else done
        self._say(force=self._done >= self._total)

    def _say(self, *, force: bool) -> None:
        now = time.monotonic()
        on_terminal = self._out.isatty()
        if not (force or on_terminal or now - self._said >= _SECONDS_BETWEEN_LINES):
            return
        self._said = now
        line = f"{self._what}: {self._done} of {self._total}, {now - self._start:.0f} s"
        last = self._done >= self._total
        self._out.write(f"\r\033[K{line}" + ("\n" if last else "") if on_terminal else f"{line}\n")
        self._out.flush()
