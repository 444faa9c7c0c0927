"""How many builds fit into this machine at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# What one big build takes at its peak, with room for the page cache that keeps it quick.
_PER_BUILD = 4 * 1024**3
_NO_LIMIT = 1 << 62
# (line of /proc/self/cgroup, folder of its tree, limit, usage, cache) of control groups, version 2, then 1.
_TREES = (
    ("0::", "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        ":memory:",
        "sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def build_jobs() -> int:
    """Return how many builds to run at once: one for each 4 GiB available, at most one a core."""
    return max(1, min(_cores(), available_memory() // _PER_BUILD))


def available_memory(*, system: Path = Path("/")) -> int:
    """Return the bytes that can be had now under the machine's and the control groups' limits."""
    return min([_machine(system), *_control_groups(system)])


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _machine(system: Path) -> int:
    for line in _lines(system / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    # Not Linux: two builds are fine on any machine that people develop on.
    return 2 * _PER_BUILD


def _control_groups(system: Path) -> Iterator[int]:
    for marker, tree, limit, usage, cache in _TREES:
        for line in _lines(system / "proc/self/cgroup"):
            before, found, own = line.partition(marker)
            if not found or (marker == "0::" and before):
                continue
            top = system / tree
            own_folder = top / own.strip("/")
            for folder in (own_folder, *own_folder.parents):
                yield _room(folder / limit, folder / usage, cache=cache)
                if folder == top:
                    break


def _room(limit: Path, usage: Path, *, cache: str) -> int:
    room, taken = _lines(limit), _lines(usage)
    # No such file, or the word "max": no limit at this level.
    if not room or not taken or not room[0].isdigit():
        return _NO_LIMIT
    # The page cache counts as used, but is given back as soon as a compiler asks for memory.
    given_back = sum(
        int(line.split()[1]) for line in _lines(limit.with_name("memory.stat")) if line.split()[0] == cache
    )
    return max(0, int(room[0]) - int(taken[0]) + given_back)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
