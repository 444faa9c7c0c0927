"""Cores, memory, file and inotify limits, and SELinux of this machine against what the stack needs."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from watchkeeper.backup.space import amount
from watchkeeper.model.stack import Limits, Stack
from watchkeeper.preflight.preflight_line import Line, Running, good
from watchkeeper.stack.view.endpoints import Mode
from watchkeeper.toolchain.building.memory import available_memory

_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
# Prometheus has a file open for each chunk segment, index and connection.
_LEAST_FILES, _FEW_FILES = 1024, 8192
# Prometheus watches the folders of its target files, and each watcher is one instance of the user.
_LEAST_INSTANCES = 8
_PROGRAMS = ("prometheus", "alertmanager", "jaeger")


def cores_line(stack: Stack, mode: Mode, *, cores: int) -> Line:
    """Return whether the machine has the cores of the limits: Docker refuses a limit above them."""
    limits = _limits(stack, mode)
    total = sum((each.cpus for each in limits.values()), Decimal(0))
    too_large = [name for name, each in limits.items() if each.cpus > cores]
    found = f"{cores} cores; the limits add up to {total.normalize():f}"
    if too_large and mode == "compose":
        keys = ", ".join(f"stack.resources.{name}.cpus" for name in too_large)
        return Line("cores", "fail", found, f"Docker refuses a limit above the cores: lower {keys}")
    if total > cores:
        remedy = (
            "under load the programs wait for one another: use a larger machine, or lower stack.resources"
        )
        return Line("cores", "warn", found, remedy)
    return good("cores", found)


def memory_line(stack: Stack, mode: Mode, running: Running | None, *, system: Path = Path("/")) -> Line:
    """Return whether the memory that is free now suffices for the limits of all programs."""
    free = available_memory(system=system)
    needed = sum(memory_bytes(each.memory) for each in _limits(stack, mode).values())
    found = f"{amount(free)} free; the limits add up to {amount(needed)}"
    if running is not None:
        return good("memory", f"{amount(free)} free beside the running stack")
    if free >= needed:
        return good("memory", found)
    remedy = "end other programs, use a larger machine, or lower stack.resources"
    return Line("memory", "fail" if free < needed / 2 else "warn", found, remedy)


def memory_bytes(text: str) -> int:
    """Return Compose's notation, such as 512m or 1gb, in bytes."""
    digits = text.rstrip("bkmg")
    return int(digits) * _UNITS.get(text.rstrip("b")[-1:], 1)


def files_line() -> Line:
    """Return whether a program may open enough files; Prometheus raises its own limit to the hard one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    many = hard == resource.RLIM_INFINITY or hard >= _FEW_FILES
    found = "no limit" if hard == resource.RLIM_INFINITY else f"at most {hard} open files for each program"
    if many:
        return good("open files", found)
    remedy = (
        f"raise the hard limit to {_FEW_FILES}: LimitNOFILE= of a systemd unit, or /etc/security/limits.conf"
    )
    return Line("open files", "fail" if hard < _LEAST_FILES else "warn", found, remedy)


def inotify_line(*, system: Path = Path("/")) -> Line:
    """Return whether this user may watch more folders: without, new targets and rules are noticed late or never."""
    allowed = _number(system / "proc/sys/fs/inotify/max_user_instances")
    if allowed is None:
        return good("inotify", "this kernel shows no limit")
    used = sum(1 for _ in _instances(system / "proc"))
    found = f"{used} of {allowed} instances of this user in use"
    if allowed - used >= _LEAST_INSTANCES:
        return good("inotify", found)
    return Line(
        "inotify",
        "fail",
        found,
        "run: sysctl -w fs.inotify.max_user_instances=512, and add it to /etc/sysctl.d",
    )


def selinux_line(mode: Mode, *, system: Path = Path("/")) -> Line:
    """Return whether SELinux restricts the stack."""
    enforcing = _number(system / "sys/fs/selinux/enforce") == 1
    if not enforcing:
        return good("SELinux", "does not restrict the stack")
    if mode == "native":
        return good("SELinux", "enforcing; the programs run as this user")
    return good("SELinux", "enforcing; the mounts are labeled for containers")


def _limits(stack: Stack, mode: Mode) -> dict[str, Limits]:
    names = (*_PROGRAMS, "grafana") if mode == "compose" else _PROGRAMS
    return {name: getattr(stack.resources, name) for name in names}


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _instances(proc: Path) -> Iterator[str]:
    for process in proc.iterdir():
        if not process.name.isdigit():
            continue
        try:
            if process.stat().st_uid != os.getuid():
                continue
            links = [str(each.readlink()) for each in (process / "fd").iterdir()]
        except OSError:
            continue  # it has just ended, or is another user's
        yield from (link for link in links if link == "anon_inode:inotify")
