"""The processes of a stack, known by a mark that each inherits in its environment, and the end of them.

No process can hide by leaving its session or its parent: the mark stays.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.state import State

# Not the variable that chooses the state folder: a user's shell may well carry that one.
MARK = "WATCHKEEPER_STACK"
_PROC = Path("/proc")
_PATIENCE_SECONDS = 5.0
# What the kernel may need for a process in the middle of writing to a slow disk.
_LAST_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its id and its command as a person would type it."""

    pid: int
    command: str


def marked(state: State) -> list[Process]:
    """Return the living processes that carry this stack's mark, without ourselves and who called us."""
    spared = _lineage()
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []
    return [
        Process(pid, command_of(pid)) for pid in sorted(pids) if pid not in spared and _carries(pid, state)
    ]


def stack_of(pid: int) -> str | None:
    """Return the state folder of the stack that a process belongs to, if it belongs to one and may be read."""
    for entry in _environment(pid):
        name, _, value = entry.partition(b"=")
        if name == MARK.encode():
            return os.fsdecode(value)
    return None


def command_of(pid: int) -> str:
    """Return a process's command line, at most 120 characters of it, or its bare name."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        name = (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "unknown"
    # A script that was passed as an argument has lines of its own.
    line = " ".join(" ".join(word.decode("utf-8", "replace").split()) for word in words if word)
    return line[:119] + "…" if len(line) > 120 else line or name


def sweep(state: State, *, patience: float = _PATIENCE_SECONDS) -> list[Process]:
    """End every process with this stack's mark, by TERM and after `patience` seconds by KILL; return them.

    Returns when none is left, those included that were born meanwhile; raises StackFailed if some cannot be ended.
    """
    ended: dict[int, Process] = {}
    started = time.monotonic()
    told: set[int] = set()
    while found := marked(state):
        waited = time.monotonic() - started
        if waited >= patience + _LAST_PATIENCE_SECONDS:
            raise StackFailed(
                "not even KILL ends " + "; ".join(f"pid {each.pid}: {each.command}" for each in found)
            )
        harsh = waited >= patience
        for process in found:
            ended[process.pid] = process
            if harsh or process.pid not in told:
                told.add(process.pid)
                _tell(process.pid, state, signal.SIGKILL if harsh else signal.SIGTERM)
        time.sleep(_POLL_SECONDS)
    return list(ended.values())


def is_alive(pid: int) -> bool:
    """Return whether a process with that id runs; one that ended and waits to be collected does not."""
    try:
        # The name, in parentheses, may hold anything; the state follows it.
        status = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:
        return False
    return status.split()[:1] not in (["Z"], ["X"])


def _tell(pid: int, state: State, number: signal.Signals) -> None:
    # Through a descriptor, so that a pid that was given to another process meanwhile is not hit.
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if _carries(pid, state):
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _carries(pid: int, state: State) -> bool:
    return os.fsencode(f"{MARK}={state.folder}") in _environment(pid)


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _lineage() -> set[int]:
    pids = {pid := os.getpid()}
    while pid > 1:
        try:
            status = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            break
        pid = int(status.rpartition(")")[2].split()[1])
        pids.add(pid)
    return pids
