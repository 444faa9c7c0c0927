"""Locks and identities of files that several processes use; without `fcntl`, each process is alone."""

from __future__ import annotations

import os
from typing import Final

try:
    import fcntl
except ImportError:  # Windows
    LOCKS: Final = False

    def shared(descriptor: int) -> bool:
        """Report success: there are no locks here."""
        return descriptor >= 0

    exclusive = shared
else:
    LOCKS: Final = True  # type: ignore[misc]

    def shared(descriptor: int) -> bool:
        """Take a lock that other writers may hold too; False when somebody has the file alone. Does not wait."""
        return _try(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def exclusive(descriptor: int) -> bool:
        """Take a lock that nobody else holds; False when there is another holder. Does not wait."""
        return _try(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _try(descriptor: int, operation: int) -> bool:
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            return False
        return True


Identity = tuple[int, int]
"""Device and inode: what stays the same when a file is renamed."""


def identity(found: os.stat_result) -> Identity:
    """Return the identity of a file."""
    return found.st_dev, found.st_ino
