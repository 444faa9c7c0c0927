"""Compresses rotated logs in a thread of its own, each once among all processes."""

from __future__ import annotations

import os
import threading
import time
from typing import Final

from ..feed.loss_counts import COMPRESSION, lost
from .file_locks import LOCKS, exclusive, identity
from .rotation import COMPRESSED, UNFINISHED, rotated

_PAUSES: Final = (0.0, 0.05, 0.2, 1.0, 5.0)
"""How long to wait, in seconds, before each attempt: other processes leave the file with their next record."""
_CHUNK: Final = 1 << 18
_running: Final[dict[str, threading.Thread]] = {}
_wanted: Final[set[str]] = set()
_lock = threading.Lock()


def compress_soon(path: str) -> None:
    """Compress the rotated files of a log in the background; what is left over follows at the next rotation."""
    try:
        with _lock:
            _wanted.add(path)
            if path not in _running:
                thread = threading.Thread(
                    target=_compress_wanted, args=(path,), name="log compression", daemon=True
                )
                thread.start()
                _running[path] = thread
    except RuntimeError as error:  # no thread can be started, or the interpreter is ending
        lost(COMPRESSION, error)


def wait(path: str, seconds: float) -> None:
    """Wait until the background work on a log is done, at most that long."""
    thread = _running.get(path)
    if thread is not None:
        thread.join(seconds)


def compress(name: str) -> bool:
    """Replace the file by `name.gz`; False when another process writes or compresses it. Raises OSError."""
    try:
        source = open(name, "rb")  # noqa: SIM115
    except FileNotFoundError:
        return True
    import gzip  # only who rotates pays for the import
    import shutil

    with source:
        # A writer holds a shared lock as long as it has the file open: now nobody writes here any more.
        if not exclusive(source.fileno()):
            return False
        found = os.fstat(source.fileno())
        if not os.path.lexists(name) or identity(os.stat(name)) != identity(found):
            return True
        unfinished = name + COMPRESSED + UNFINISHED
        try:
            with open(unfinished, "wb") as target:
                os.chmod(unfinished, found.st_mode & 0o777)
                with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as packed:
                    shutil.copyfileobj(source, packed, _CHUNK)
                target.flush()
                os.fsync(target.fileno())
            os.utime(unfinished, ns=(found.st_atime_ns, found.st_mtime_ns))
            os.replace(unfinished, name + COMPRESSED)
        except BaseException:
            if os.path.lexists(unfinished):
                os.unlink(unfinished)
            raise
        os.unlink(name)
    return True


def _compress_wanted(path: str) -> None:
    while True:
        with _lock:
            if path not in _wanted:
                del _running[path]
                return
            _wanted.discard(path)
        try:
            _compress_all(path)
        except Exception as error:
            lost(COMPRESSION, error)


def _compress_all(path: str) -> None:
    for pause in _PAUSES if LOCKS else (0.0,):
        time.sleep(pause)
        # Every file is tried: one that an idle process keeps open must not hold up the others.
        left = [name for name in rotated(path) if not compress(name)]
        if not left:
            return


def _after_fork() -> None:
    global _lock  # another thread may have held it during the fork
    _lock = threading.Lock()
    _running.clear()  # the threads stayed in the parent
    _wanted.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
