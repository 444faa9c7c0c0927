"""What is going on, with the seconds that have passed: one live line on a terminal, few lines elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TextIO

_HEARTBEAT_SECONDS = 10.0


class Progress:
    """Tells one thing at a time on a stream; quiet about what takes less than a second."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Start the clock."""
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._started = time.monotonic()
        self._spoken = ("", 0.0)
        self._drawn = False

    @property
    def seconds(self) -> float:
        """Return how long it has been going on."""
        return time.monotonic() - self._started

    def show(self, text: str) -> None:
        """Tell what is waited for just now."""
        if self._live:
            line = f"{text} · {self.seconds:.0f} s"[: shutil.get_terminal_size().columns - 1]
            self._stream.write(f"\r\x1b[2K{line}")
            self._drawn = True
        elif self._due(text):
            self._stream.write(f"{text} · {self.seconds:.0f} s\n")
        self._stream.flush()

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the live line away."""
        if self._drawn:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._drawn = False

    def _due(self, text: str) -> bool:
        # Counts change many times a second: a new sentence is told at once at most every second.
        now = self.seconds
        last, when = self._spoken
        if now - when < (1.0 if text != last else _HEARTBEAT_SECONDS):
            return False
        self._spoken = (text, now)
        return True
