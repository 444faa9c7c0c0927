"""A copy of what Alertmanager remembers: its silences and its log of notifications.

Both are in memory, and no API returns the log. Alertmanager writes both to files at an interval, each by a rename, so the
copy waits for files that are newer than the moment of the backup.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

FILES = ("silences", "nflog")
# Twice the interval of the process file, and a little more.
_PATIENCE_SECONDS = 35.0
_POLL_SECONDS = 0.1


def copy_alertmanager(data: Path, target: Path, *, since: float | None, waiting: Callable[[], None]) -> str:
    """Copy the files, when written after `since` (Unix seconds, None if Alertmanager does not run); raise OSError.

    Returns a note when they stayed older, else an empty text.
    """
    note = _wait(data, since, waiting) if since is not None else ""
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if (data / name).is_file():
            shutil.copyfile(data / name, target / name)
    return note


def _wait(data: Path, since: float, waiting: Callable[[], None]) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while oldest := _older(data, since):
        if time.monotonic() > deadline:
            return oldest
        waiting()
        time.sleep(_POLL_SECONDS)
    return ""


def _older(data: Path, since: float) -> str:
    """Return what is wrong with the files that were not written after a moment; an empty text if all were."""
    written = [path.stat().st_mtime if (path := data / name).is_file() else 0.0 for name in FILES]
    if min(written) > since:
        return ""
    if not min(written):
        return "Alertmanager has not written its silences and notifications yet: run `watchkeeper up`, then back up again"
    minutes = (time.time() - min(written)) / 60
    return (
        f"silences and notifications are {minutes:.0f} minutes old, because an older watchkeeper started Alertmanager: "
        "run `watchkeeper up`, then back up again"
    )
