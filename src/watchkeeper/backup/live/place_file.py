"""Place the files of a running program into another folder: those that never change as links, others as copies."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

ATTEMPTS = 8
_CHUNK = 1 << 20
# A hard link is impossible to another file system, and refused by some.
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP})


class Moving(Exception):
    """The program changed its files faster than they could be copied."""


def copy_until_still(copy: Callable[[], bool], target: Path, what: str) -> None:
    """Copy into a new folder until `copy` returns that nothing was replaced meanwhile.

    `what` says who replaces what, for Moving, which is raised when that never happens.
    """
    for _ in range(ATTEMPTS):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        try:
            if copy():
                return
        except FileNotFoundError:
            continue  # a file has just been replaced
    raise Moving(f"{what} {ATTEMPTS} times while they were copied")


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file that is complete and never written again a second name; raise OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        shutil.copyfile(source, target)


def copy_written(source: Path, target: Path) -> None:
    """Copy what is written of a file, without the part that is only reserved at its end; raise OSError.

    A program that maps its files into memory reserves gigabytes that it has not used.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, target.open("wb") as writer:
        left = _end_of_data(reader.fileno())
        while left and (piece := reader.read(min(left, _CHUNK))):
            writer.write(piece)
            left -= len(piece)


def _end_of_data(descriptor: int) -> int:
    size = os.fstat(descriptor).st_size
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError:
            break  # nothing but a hole follows
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return end
