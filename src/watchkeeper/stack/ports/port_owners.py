"""Which process listens on a TCP port, read from /proc."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"
_SOCKET = "socket:["


def port_owners(ports: Collection[int]) -> dict[int, int]:
    """Return the pid that listens on each port, without ports whose owner this user cannot see."""
    inodes = _inodes(set(ports))
    found: dict[int, int] = {}
    for pid, inode in _sockets():
        if inode in inodes:
            found.setdefault(inodes[inode], pid)
    return found


def _inodes(ports: set[int]) -> dict[str, int]:
    """Return the port of each socket's inode, listening sockets before any others on the same port."""
    listening: dict[str, int] = {}
    others: dict[str, int] = {}
    for table in ("tcp", "tcp6"):
        for local, state, inode in _rows(_PROC / "net" / table):
            port = int(local.rpartition(":")[2], 16)
            if port in ports and inode != "0":
                (listening if state == _LISTENING else others)[inode] = port
    with_listener = set(listening.values())
    return listening | {inode: port for inode, port in others.items() if port not in with_listener}


def _rows(table: Path) -> Iterator[tuple[str, str, str]]:
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        fields = line.split()
        yield fields[1], fields[3], fields[9]


def _sockets() -> Iterator[tuple[int, str]]:
    for process in _PROC.iterdir() if _PROC.is_dir() else ():
        if process.name.isdigit():
            for link in _open_files(process):
                if link.startswith(_SOCKET):
                    yield int(process.name), link[len(_SOCKET) : -1]


def _open_files(process: Path) -> Iterator[str]:
    try:
        entries = list((process / "fd").iterdir())
    except OSError:
        return  # another user's process, or one that has just ended
    for entry in entries:
        # A file may be closed while the others are read.
        with contextlib.suppress(OSError):
            yield str(entry.readlink())
