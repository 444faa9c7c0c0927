"""Whether a file system has room for what is about to be written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from watchkeeper.stack.stack_error import StackError

_UNITS = ("bytes", "KB", "MB", "GB", "TB")
# The head of each file in an archive, and the folders of a file system.
_OVERHEAD = 1.02
# A full disk stops the programs that write to the same one, so it is never filled to the last byte.
_RESERVE = 64 << 20


def require_space(folder: Path, size: int) -> None:
    """Raise StackError unless the file system of a folder has room for so many bytes, and some for others."""
    needed, free = int(size * _OVERHEAD) + _RESERVE, free_bytes(folder)
    if needed > free:
        raise StackError(f"{folder} has {amount(free)} free and {amount(needed)} are needed: free some space")


def free_bytes(folder: Path) -> int:
    """Return the bytes that this user may still write to the file system of a folder, or of the nearest one that exists."""
    place = next(each for each in (folder, *folder.parents) if os.path.isdir(each))  # noqa: PTH112 - never raises
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def used_bytes(folder: Path) -> int:
    """Return the bytes of the disk that the files below a folder use; one that vanishes meanwhile does not count."""
    return sum(_used(each) for each in folder.rglob("*"))


def _used(path: Path) -> int:
    try:
        found = path.lstat()
    except OSError:
        return 0
    # A file that a program maps into memory is larger than what it uses.
    return min(found.st_size, found.st_blocks * 512) if stat.S_ISREG(found.st_mode) else 0


def amount(size: float) -> str:
    """Return bytes for people, such as `1.4 GB`."""
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit < 2 or size >= 100 else f"{size:.1f} {_UNITS[unit]}"
