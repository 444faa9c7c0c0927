"""Appends whole lines to a log that other threads and processes write too; never raises.

A line is one `write` to a descriptor in append mode, so lines of several writers never mix. While it has the file
open, a writer holds a shared lock, so that nobody compresses or deletes a file that is being written.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from typing import Final, NamedTuple
from weakref import WeakSet

from ..feed.loss_counts import ROTATION, WRITER, lost
from .file_locks import Identity, identity, shared

_FLAGS: Final = (
    os.O_WRONLY | os.O_APPEND | os.O_CREAT
    # A pipe without a reader must not block the service.
    | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)  # fmt: skip
_MODE: Final = 0o640
_DAY: Final = 86400
_ATTEMPTS: Final = 20
_RETRY_SECONDS: Final = 1.0
_NONE: Final = -1


class LogSettings(NamedTuple):
    """Where records go. `max_bytes` and `daily` (UTC) decide when the file is renamed, 0 and False never.

    `compress`: rotated files become `.gz`. `fsync`: wait for the disk after each record, which is slow.
    """

    path: str = os.path.join("logs", "performance.jsonl")
    max_bytes: int = 64 * 1024 * 1024
    daily: bool = True
    compress: bool = True
    fsync: bool = False


class LogFile:
    """One log. Its file is opened by the first record, and again when it was rotated, moved or deleted.

    Raises ValueError for settings that cannot be used.
    """

    def __init__(self, settings: LogSettings | None = None) -> None:
        self.settings = LogSettings() if settings is None else settings
        most = self.settings.max_bytes
        if not isinstance(most, int) or isinstance(most, bool) or most < 0:
            raise ValueError(
                f"max_bytes: {most!r} is no number of bytes; 0 never renames the file for its size"
            )
        # A link is followed once: rotation renames the file, not the link.
        self.path = os.path.realpath(os.fspath(self.settings.path))
        self._torn = False
        self._fresh()
        _FILES.add(self)

    def append(self, line: bytes, now: float) -> None:
        """Append one line with its newline; `now` in seconds since the epoch. What is lost is counted."""
        try:
            with self._lock:
                self._prepare(len(line), now)
                if self._torn:
                    line = b"\n" + line
                written = os.write(self._descriptor, line)
                if written != len(line):
                    self._torn = True
                    raise OSError(f"only {written} of {len(line)} bytes of a line could be written")
                self._torn = False
                if self.settings.fsync:
                    os.fsync(self._descriptor)
        except Exception as error:
            lost(WRITER, error)

    def close(self) -> None:
        """Close the file; a later record opens it again."""
        with self._lock:
            self._release()

    def _fresh(self) -> None:
        # An RLock: a signal handler may record in the middle of a record.
        self._lock = threading.RLock()
        self._descriptor = _NONE
        self._identity: Identity = (0, 0)
        self._rotates = False
        self._torn = False
        self._day = (0.0, 0.0)
        self._open_again = 0.0
        self._rotate_again = 0.0

    def _prepare(self, length: int, now: float) -> None:
        """Make sure that the descriptor is that of the file at `path`, and that the line fits into it."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            self._open()
            return
        if found.st_ino != self._identity[1] or found.st_dev != self._identity[0]:
            found = self._open()
        if not self._day[0] <= now < self._day[1]:
            start = now // _DAY * _DAY
            self._day = (start, start + _DAY)
            earlier = self.settings.daily and found.st_mtime < start
        else:
            earlier = False
        most = self.settings.max_bytes
        if (earlier or (most and found.st_size + length > most)) and found.st_size and self._rotates:
            self._rotate(now)

    def _open(self) -> os.stat_result:
        self._release()
        if time.monotonic() < self._open_again:
            raise OSError(f"{self.path} could not be opened less than {_RETRY_SECONDS:.0f} s ago")
        try:
            for attempt in range(_ATTEMPTS):
                found = self._opened()
                if found is not None:
                    self._open_again = 0.0
                    return found
                time.sleep(0.001 * (attempt > 2))
            raise OSError(f"{self.path} is locked by another program")
        except BaseException:
            self._open_again = time.monotonic() + _RETRY_SECONDS
            raise

    def _opened(self) -> os.stat_result | None:
        """Open the file; None when it was renamed or compressed in between."""
        try:
            descriptor = os.open(self.path, _FLAGS, _MODE)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            descriptor = os.open(self.path, _FLAGS, _MODE)
        try:
            found = os.fstat(descriptor)
            regular = stat.S_ISREG(found.st_mode)
            if (not regular or shared(descriptor)) and _still_at(self.path, found):
                self._torn = regular and found.st_size > 0 and not _ends_a_line(self.path, found)
                self._rotates = regular
                self._identity = identity(found)
                self._descriptor, descriptor = descriptor, _NONE
                return found
        finally:
            if descriptor != _NONE:
                os.close(descriptor)
        return None

    def _rotate(self, now: float) -> None:
        if time.monotonic() < self._rotate_again:
            return
        from .compressing import compress_soon  # most processes start far more often than they rotate
        from .rotation import rotate

        try:
            done = rotate(self.path, self._identity, now)
        except OSError as error:
            # The record still fits: a log that grows is better than a lost record.
            self._rotate_again = time.monotonic() + _RETRY_SECONDS
            lost(ROTATION, error)
            return
        # Another process may be about to rename it; the identity of the next record shows that.
        if done is not None:
            self._open()
            if self.settings.compress:
                compress_soon(self.path)

    def _release(self) -> None:
        descriptor, self._descriptor = self._descriptor, _NONE
        self._identity = (0, 0)
        if descriptor != _NONE:
            os.close(descriptor)


def _still_at(path: str, found: os.stat_result) -> bool:
    try:
        return identity(os.stat(path)) == identity(found)
    except FileNotFoundError:
        return False


def _ends_a_line(path: str, found: os.stat_result) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:
            now = os.fstat(file.fileno())
            if (
                identity(now) != identity(found) or not now.st_size
            ):  # renamed meanwhile, as the next record notices
                return True
            file.seek(now.st_size - 1)
            return file.read(1) == b"\n"
    except OSError:  # it may be written but not read; an empty line does no harm
        return False


_FILES: Final[WeakSet[LogFile]] = WeakSet()


def _after_fork() -> None:
    # Parent and child would share one lock and one position: the child opens the file for itself.
    for file in list(_FILES):
        file._release()
        file._fresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
