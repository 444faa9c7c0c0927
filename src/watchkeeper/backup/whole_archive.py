"""A large file that appears whole under its own name, or not at all: a crash leaves the old one or the new one."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from watchkeeper import naming
from watchkeeper.publish.durable import sync_names


@contextmanager
def whole_archive(path: Path) -> Iterator[BinaryIO]:
    """Write next to `path`, which only its owner may read, and rename at the end; raise OSError.

    The name beside it is always the same one, so that what a crash left is used again.
    """
    fresh = path.with_name(path.name + naming.TEMPORARY_SUFFIX)
    with _own(fresh) as stream:
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    sync_names(path.parent)


@contextmanager
def _own(path: Path) -> Iterator[BinaryIO]:
    """Open a file of this user for nobody else to write at the same time."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor, created = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600), True
    except FileExistsError:
        descriptor, created = os.open(path, flags), False
    with open(descriptor, "wb", closefd=True) as stream:  # noqa: PTH123 - a descriptor
        found = os.fstat(stream.fileno())
        # A share of a network may give what we create to another user.
        is_ours = created or found.st_uid == os.geteuid()
        if not stat.S_ISREG(found.st_mode) or not is_ours or found.st_nlink != 1:
            raise FileExistsError(f"{path} is there and is not ours: remove it")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileExistsError(f"another backup is writing {path}") from None
        # The other one may have renamed it between our two calls: then it is its backup that we hold.
        if not path.exists() or not os.path.samestat(found, path.stat()):
            raise FileExistsError(f"another backup has just written {path}")
        os.ftruncate(stream.fileno(), 0)
        # File systems without modes, such as FAT, refuse.
        with suppress(PermissionError):
            os.fchmod(stream.fileno(), 0o600)
        yield stream
