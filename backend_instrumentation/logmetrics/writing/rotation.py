"""Renames a full log, once among all processes that write it."""

from __future__ import annotations

import os
import re
import time
from typing import Final

from .file_locks import Identity, exclusive, identity

COMPRESSED: Final = ".gz"
UNFINISHED: Final = ".tmp"
_STAMP: Final = re.compile(r"\.\d{8}-\d{6}-\d{3,}")
_MOST_OF_A_SECOND: Final = 1000


def rotate(path: str, current: Identity, now: float) -> str | None:
    """Rename the log `path` to `path.YYYYMMDD-HHMMSS-NNN` (UTC), and return that name.

    Returns None when another process has rotated it or is doing so. `now` is in seconds since the epoch. Raises
    OSError when the folder does not permit it.
    """
    # The folder itself is the lock: nobody can delete it, and no further file is needed.
    lock = os.open(os.path.dirname(path), os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        if not exclusive(lock):
            return None
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return None
        if identity(found) != current:
            return None
        target = _free_name(path, now)
        os.rename(path, target)
        return target
    finally:
        os.close(lock)


def rotated(path: str) -> list[str]:
    """Return the rotated files of a log that are not compressed yet, oldest name first."""
    folder, name = os.path.split(path)
    return sorted(
        os.path.join(folder, each)
        for each in os.listdir(folder)
        if each.startswith(name) and _STAMP.fullmatch(each[len(name) :])
    )


def _free_name(path: str, now: float) -> str:
    # The clock may go back, so a name may be taken; no rotated file is ever replaced.
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    for number in range(_MOST_OF_A_SECOND):
        name = f"{path}.{stamp}-{number:03d}"
        if not (os.path.lexists(name) or os.path.lexists(name + COMPRESSED)):
            return name
    raise FileExistsError(f"{path}.{stamp}: all names of this second are taken")
