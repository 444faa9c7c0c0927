"""One `up` or `down` at a time for a state folder; the system frees the lock when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State


@contextmanager
def locked(state: State) -> Iterator[None]:
    """Hold the state's lock; raise StackError, naming the holder, when another process has it."""
    try:
        # No process that is started meanwhile inherits it.
        descriptor = os.open(state.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StackError(f"the state folder {state.folder} cannot be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            message = (
                f"another watchkeeper (pid {holder}) is starting, stopping, backing up or restoring this stack: "
                "wait for it to end"
            )
            raise StackError(message) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
