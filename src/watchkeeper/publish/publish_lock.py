"""One publish at a time for a root, without leaving a lock file behind."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchkeeper.publish.refusal import refusing

# Some network file systems cannot lock folders. A render must still work there: each file is still replaced
# atomically, but two renders at once may leave a mixed set.
_LOCKLESS = frozenset({errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL})


@contextmanager
def locked(root: Path, operation: int) -> Iterator[None]:
    """Hold the lock of the folder `root`, waiting for it; the system frees it when the process dies."""
    with refusing("."):
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, operation)
        except OSError as error:
            if error.errno not in _LOCKLESS:
                raise
        yield
    finally:
        os.close(descriptor)
