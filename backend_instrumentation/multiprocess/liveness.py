"""Decides whether a worker process still runs: its process number may belong to another process by now."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_START_FIELD: Final = 19
"""Of /proc/<pid>/stat, counted from the end of the process's name: its start, in ticks since the machine started."""


def remember(folder: Path) -> None:
    """Write the start time of this process into the folder of its files; raises OSError."""
    start = _start(os.getpid())
    if start:
        (folder / f"worker_{os.getpid()}.start").write_text(start, encoding="ascii")


def is_alive(folder: Path, pid: str) -> bool:
    """Return whether the worker of that number runs; in doubt it does."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True
    try:
        remembered = (folder / f"worker_{pid}.start").read_text(encoding="ascii")
    except (OSError, ValueError):
        return True
    return not remembered or _start(int(pid)) in ("", remembered)


def forget_but(folder: Path, pids: Collection[str]) -> None:
    """Remove the remembered start times of all workers but these."""
    for path in folder.glob("worker_*.start"):
        if path.stem.removeprefix("worker_") not in pids:
            path.unlink(missing_ok=True)


def _start(pid: int) -> str:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        return text.rpartition(")")[2].split()[_START_FIELD]
    except (OSError, IndexError):
        return ""
