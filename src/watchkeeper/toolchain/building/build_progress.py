"""Progress of running builds, and the console that shows it: live on a terminal, else plain lines."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TextIO

Step = Literal["started", "running", "waiting", "built", "failed"]

_HEARTBEAT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one build: its module, the current step, and the seconds since its start."""

    name: str
    step: Step
    seconds: float


Report = Callable[[Progress], None]


class Console:
    """Shows builds on a stream: one live line each on a terminal; start, heartbeat and end lines elsewhere."""

    def __init__(self, stream: TextIO, *, live: bool) -> None:
        self._stream = stream
        self._live = live
        self._lines: dict[str, str] = {}
        self._drawn = 0
        self._last_written: dict[str, float] = {}

    def __call__(self, progress: Progress) -> None:
        """Show the progress of one build."""
        if self._live:
            self._draw(progress)
        else:
            self._write(progress)
        self._stream.flush()

    def _draw(self, progress: Progress) -> None:
        ended = progress.step in ("built", "failed")
        # Back to the first live line, so that each redraw covers the previous one.
        self._stream.write(f"\x1b[{self._drawn}F" if self._drawn else "")
        if ended:
            self._lines.pop(progress.name, None)
            self._stream.write(f"\x1b[2K{describe(progress)}\n")
        else:
            self._lines[progress.name] = describe(progress)
        width = shutil.get_terminal_size().columns - 1
        self._stream.writelines(f"\x1b[2K{line[:width]}\n" for line in self._lines.values())
        self._drawn = len(self._lines)

    def _write(self, progress: Progress) -> None:
        due = self._last_written.get(progress.name, -_HEARTBEAT_SECONDS) + _HEARTBEAT_SECONDS
        if progress.step in ("running", "waiting") and progress.seconds < due:
            return
        self._last_written[progress.name] = progress.seconds
        self._stream.write(describe(progress) + "\n")


def describe(progress: Progress) -> str:
    """Return the line for this progress, with the elapsed time."""
    minutes, seconds = divmod(int(progress.seconds), 60)
    elapsed = f"{minutes}m{seconds:02d}s"
    match progress.step:
        case "started":
            return f"building {progress.name} with Go (the first time only)"
        case "running":
            return f"building {progress.name}  {elapsed}"
        case "waiting":
            return f"waiting for another process that is building {progress.name}  {elapsed}"
        case "built":
            return f"built {progress.name} in {elapsed}"
        case "failed":
            return f"failed to build {progress.name} after {elapsed}"


def console(stream: TextIO | None = None) -> Console:
    """Return a console on the stream (standard error by default), live if that is a terminal."""
    target = sys.stderr if stream is None else stream
    return Console(target, live=target.isatty() and os.environ.get("TERM") != "dumb")
