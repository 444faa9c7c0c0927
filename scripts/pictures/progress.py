"""What the command says while it works: each line has the time since its start."""

from __future__ import annotations

import time

_EVERY = 20.0


class Progress:
    """Prints lines with the seconds since the start."""

    def __init__(self) -> None:
        """Start the clock."""
        self._start = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line."""
        print(f"{time.monotonic() - self._start:6.0f} s  {text}", flush=True)

    def wait_until(self, moment: float, why: str) -> None:
        """Wait for a moment of the monotonic clock, and say every few seconds how long it still takes."""
        while (left := moment - time.monotonic()) > 0:
            self.say(f"{why}, {left:.0f} s more")
            time.sleep(min(left, _EVERY))
