"""One build of a module at a time, across all processes of this user."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Lock:
    """An exclusive lock on a file; it is free again when its holder and the go that it started have ended."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @property
    def descriptor(self) -> int:
        """The descriptor to pass to a child, so that the lock survives a killed parent."""
        return self._descriptor

    def acquire(self) -> bool:
        """Take the lock and return True, or return False at once when another process has it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait(self) -> None:
        """Take the lock, and wait as long as another process has it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def release(self) -> None:
        """Release the lock, even if others have a copy of the descriptor, and close it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self.close()

    def close(self) -> None:
        """Close the file without releasing another process's lock."""
        os.close(self._descriptor)
