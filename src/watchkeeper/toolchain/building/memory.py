"""How many builds this machine can run at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# The peak memory of one big build, with room for the page cache that keeps it fast.
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
    """Return how many builds to run at once: one for each 4 GiB available, at most one per core."""
    return max(1, min(cores(), available_memory() // _PER_BUILD))


def available_memory(*, system: Path = Path("/")) -> int:
    """Return the bytes available now within the limits of the machine and its control groups."""
    return min([_machine(system), *_control_groups(system)])


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _machine(system: Path) -> int:
    for line in _lines(system / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    # Not Linux: a developer's machine can run two builds.
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
                yield _free_bytes(folder / limit, folder / usage, cache=cache)
                if folder == top:
                    break


def _free_bytes(limit: Path, usage: Path, *, cache: str) -> int:
    allowed, used = _lines(limit), _lines(usage)
    # No such file, or the word "max": no limit at this level.
    if not allowed or not used or not allowed[0].isdigit():
        return _NO_LIMIT
    # The page cache counts as used, but the kernel frees it as soon as a compiler needs memory.
    reclaimable = sum(
        int(line.split()[1]) for line in _lines(limit.with_name("memory.stat")) if line.split()[0] == cache
    )
    return max(0, int(allowed[0]) - int(used[0]) + reclaimable)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
