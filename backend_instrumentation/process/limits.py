"""Reads how much memory and CPU this process may use: its control group's limits, else the machine's.

INSTRUMENTATION_MEMORY_LIMIT_BYTES and INSTRUMENTATION_CPU_LIMIT_CORES state a lower limit that the system
does not enforce.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MEMORY_VARIABLE: Final = "INSTRUMENTATION_MEMORY_LIMIT_BYTES"
CPU_VARIABLE: Final = "INSTRUMENTATION_CPU_LIMIT_CORES"
_PROC: Final = Path("/proc")
_CGROUPS: Final = Path("/sys/fs/cgroup")


def memory_limit_bytes(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> float:
    """Return the smallest memory limit that applies to this process, in bytes."""
    limits = [memory_bytes("MemTotal", proc=proc), *_stated(MEMORY_VARIABLE)]
    for folder in _folders("memory", proc, cgroups):
        limits += _numbers(folder / "memory.max")
        limits += _numbers(folder / "memory.limit_in_bytes")
    return min(limits)


def cpu_limit_cores(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> float:
    """Return the smallest CPU limit that applies to this process, in cores."""
    limits = [float(_usable_cores()), *_stated(CPU_VARIABLE)]
    for folder in _folders("cpu", proc, cgroups):
        quota = _numbers(folder / "cpu.max")
        if len(quota) != 2:
            quota = [*_numbers(folder / "cpu.cfs_quota_us"), *_numbers(folder / "cpu.cfs_period_us")]
        if len(quota) == 2 and quota[0] > 0 and quota[1] > 0:
            limits.append(quota[0] / quota[1])
    return min(limits)


def memory_bytes(key: str, *, proc: Path = _PROC) -> float:
    """Return an amount of /proc/meminfo in bytes; raises LookupError when it is missing."""
    for line in (proc / "meminfo").read_text(encoding="ascii").splitlines():
        name, _, amount = line.partition(":")
        if name == key:
            return float(amount.split()[0]) * 1024
    raise LookupError(key)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _stated(variable: str) -> list[float]:
    try:
        value = float(os.environ.get(variable, ""))
    except ValueError:
        return []
    return [value] if value > 0 else []


def _numbers(path: Path) -> list[float]:
    # "max" means no limit, and so does a missing file.
    try:
        return [float(each) for each in path.read_text(encoding="ascii").split() if each != "max"]
    except (OSError, ValueError):
        return []


def _folders(controller: str, proc: Path, cgroups: Path) -> Iterator[Path]:
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _with_parents(cgroups, path)
        elif controller in controllers.split(","):
            yield from _with_parents(cgroups / controller, path)


def _with_parents(root: Path, path: str) -> Iterator[Path]:
    # A container sees its own group at the root, whatever its path on the host.
    folder = root / path.lstrip("/")
    while folder != root:
        yield folder
        folder = folder.parent
    yield root
