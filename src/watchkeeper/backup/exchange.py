"""Exchange two folders in one step, so that a crash finds the old one or the new one under the name."""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path

from watchkeeper.publish.durable import sync_names

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})


class CannotExchange(Exception):
    """The kernel or the file system cannot do it; the text says what would help."""


def exchange(fresh: Path, place: Path) -> None:
    """Give each of two folders the other's name, and write that to the disk if possible; raise OSError or CannotExchange."""
    try:
        _rename_exchange(fresh, place)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _into_empty(fresh, place)
    for folder in (place.parent, fresh.parent):
        # The exchange is done: an error must not say that the old data is still in its place.
        with suppress(OSError):
            sync_names(folder)


def _rename_exchange(fresh: Path, place: Path) -> None:
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        raise OSError(errno.ENOSYS, "no renameat2", str(place)) from None
    if rename(_AT_FDCWD, os.fsencode(fresh), _AT_FDCWD, os.fsencode(place), _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(place))


def _into_empty(fresh: Path, place: Path) -> None:
    """Rename a folder onto one that contains nothing but folders: that, too, is one step."""
    for folder in sorted(place.rglob("*"), reverse=True):
        if not folder.is_dir():
            raise CannotExchange(
                f"this file system cannot exchange two folders: remove {place} first, or run `watchkeeper down --volumes`"
            )
        folder.rmdir()
    fresh.rename(place)
