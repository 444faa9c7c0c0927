"""Notices that a server runs several workers that do not share their values: each scrape shows another worker's.

Whatever the server is, its workers are processes of one parent that listen at one address, which Linux shows under
`/proc`. Elsewhere nothing is noticed.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from prometheus_client import Gauge

from ..guard import LOGGER, Guard
from .shared_values import VARIABLE, folder

_PROC: Final = Path("/proc")
_SECONDS_BETWEEN: Final = 10.0
_TCP_LISTENS: Final = "0A"
_UNIX_LISTENS: Final = 0x10000
_WARNING: Final = (
    "this service runs in %d worker processes that do not share their metrics: each scrape shows the values of one "
    "worker, and counters seem to go back and forth; set %s to a folder for this service alone before Python starts"
)


class UnmergedWorkers:
    """Sets a gauge to the number of other workers that the page of metrics lacks; one of all workers warns once."""

    def __init__(self, gauge: Gauge, guard: Guard, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._gauge = gauge
        self._guard = guard
        self._clock = clock
        self._checked_at = float("-inf")
        self._warned = False
        try:
            gauge.set(0)  # workers that share a folder read it from there, before any of them has looked
        except Exception:
            guard.note("looking for other workers")

    def report(self) -> None:
        """Set the gauge, which costs something at most every ten seconds; never raises."""
        try:
            now = self._clock()
            if now - self._checked_at < _SECONDS_BETWEEN:
                return
            self._checked_at = now
            others = 0 if folder() is not None else len(siblings())
            self._gauge.set(others)
            if others and not self._warned:
                self._warned = True
                if _first_to_warn():
                    LOGGER.warning(_WARNING, others + 1, VARIABLE)
        except Exception:
            self._guard.note("looking for other workers")


def siblings(proc: Path = _PROC, pid: int | None = None) -> list[int]:
    """Return the processes that have this one's parent and listen where it listens; none where that is unknown."""
    own = os.getpid() if pid is None else pid
    others = [each for each in _children(proc, _parent(proc, own)) if each != own]
    sockets = {each: _sockets(proc, each) for each in others}
    if not any(sockets.values()):
        return []
    listening = _listening(proc)
    addresses = {listening[inode] for inode in _sockets(proc, own) if inode in listening}
    return [
        each
        for each, inodes in sockets.items()
        if any(listening.get(inode, "") in addresses for inode in inodes)
    ]


def _parent(proc: Path, pid: int) -> int:
    try:
        text = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        return int(text.rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _children(proc: Path, parent: int) -> list[int]:
    found: list[int] = []
    for path in proc.glob(f"{parent}/task/*/children"):
        try:
            found += map(int, path.read_text(encoding="ascii").split())
        except (OSError, ValueError):  # noqa: PERF203 - a thread that has just ended
            continue
    return found


def _sockets(proc: Path, pid: int) -> set[str]:
    try:
        links = [_link(each) for each in (proc / str(pid) / "fd").iterdir()]
    except OSError:  # it has ended, or belongs to another user
        return set()
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # the file was closed meanwhile
        return ""


def _listening(proc: Path) -> dict[str, str]:
    """Return the address at which each socket listens, by inode; workers may share it with a socket each."""
    found: dict[str, str] = {}
    for kind in ("tcp", "tcp6"):
        for fields in _lines(proc / "net" / kind):
            if fields[3:4] == [_TCP_LISTENS]:
                found[fields[9]] = f"{kind} {fields[1]}"
    for fields in _lines(proc / "net" / "unix"):
        if int(fields[3], 16) & _UNIX_LISTENS:
            found[fields[6]] = f"unix {fields[6]}"
    return found


def _lines(path: Path) -> Iterator[list[str]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except OSError:
        return
    yield from (line.split() for line in lines)


def _first_to_warn() -> bool:
    """Return whether no other worker has warned; the name is taken as long as this process runs."""
    parent = os.getppid()
    taken = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        taken.bind(f"\0backend_instrumentation.workers.{parent}")
    except OSError:
        taken.close()
        return False
    taken.detach()
    return True
