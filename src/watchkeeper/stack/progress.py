"""Progress with the seconds passed: one live line on a terminal, few lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from typing import TextIO

_HEARTBEAT_SECONDS = 10.0
_ERASE = "\r\x1b[2K"


class Progress:
    """Shows one activity at a time on a stream, and nothing that takes less than a second."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Start the clock."""
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._started = time.monotonic()
        self._last_shown = ("", 0.0)
        self._drawn = False

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._started

    def show(self, text: str) -> None:
        """Show the current activity."""
        if self._live:
            line = f"{text} · {self.seconds:.0f} s"[: shutil.get_terminal_size().columns - 1]
            self._write(f"{_ERASE}{line}")
            self._drawn = True
        elif self._due(text):
            self._write(f"{text} · {self.seconds:.0f} s\n")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.clear()
        self._write(f"{text}\n")

    def clear(self) -> None:
        """Remove the live line."""
        if self._drawn:
            self._write(_ERASE)
            self._drawn = False

    def _write(self, text: str) -> None:
        # The reader may have left; the work goes on.
        with contextlib.suppress(OSError):
            self._stream.write(text)
            self._stream.flush()

    def _due(self, text: str) -> bool:
        # Counts change many times a second: a new text appears at most once a second.
        now = self.seconds
        last, when = self._last_shown
        if now - when < (1.0 if text != last else _HEARTBEAT_SECONDS):
            return False
        self._last_shown = (text, now)
        return True
