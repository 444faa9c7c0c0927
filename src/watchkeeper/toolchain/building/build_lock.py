"""One builder a module at a time, over all processes of this user."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Lock:
    """An exclusive lock on a file; it is free again when its holder, and the go it started, have ended."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @property
    def descriptor(self) -> int:
        """The descriptor to hand to a child, so that the lock outlives a killed parent."""
        return self._descriptor

    def acquire(self) -> bool:
        """Take the lock and return True, or return False at once when somebody else has it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait(self) -> None:
        """Take the lock, waiting for as long as somebody else has it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def release(self) -> None:
        """Give the lock back, whoever still holds a copy of the descriptor, and close it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self.close()

    def close(self) -> None:
        """Let go of the file without touching the lock of whoever holds it."""
        os.close(self._descriptor)
