"""Find and end the processes of a stack by the mark that each inherits in its environment.

A process that leaves its session or its parent keeps the mark.
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

# Not the variable that chooses the state folder: a user's shell may set that one.
MARK = "WATCHKEEPER_STACK"
_PROC = Path("/proc")
_TERM_SECONDS = 5.0
# The kernel may need this long for a process that is writing to a slow disk.
_KILL_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its id and its command as a person would type it."""

    pid: int
    command: str


def marked(state: State) -> list[Process]:
    """Return the running processes with this stack's mark, except this process and its parents."""
    ourselves = _own_lineage()
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []
    return [
        Process(pid, command_of(pid))
        for pid in sorted(pids)
        if pid not in ourselves and _has_mark(pid, state)
    ]


def stack_of(pid: int) -> str | None:
    """Return the state folder of the stack that a process belongs to, or None without one or permission."""
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
    # A script that was passed as an argument may have several lines.
    line = " ".join(" ".join(word.decode("utf-8", "replace").split()) for word in words if word)
    return line[:119] + "…" if len(line) > 120 else line or name


def end_processes(state: State, *, term_seconds: float = _TERM_SECONDS) -> list[Process]:
    """End every process with this stack's mark, by TERM and after `term_seconds` by KILL; return them.

    Returns when none is left, including those started meanwhile; raises StackFailed if some cannot be ended.
    """
    ended: dict[int, Process] = {}
    started = time.monotonic()
    signalled: set[int] = set()
    while found := marked(state):
        waited = time.monotonic() - started
        if waited >= term_seconds + _KILL_SECONDS:
            raise StackFailed(
                "these processes do not end, even by KILL: "
                + "; ".join(f"pid {each.pid}: {each.command}" for each in found)
            )
        kill = waited >= term_seconds
        for process in found:
            ended[process.pid] = process
            if kill or process.pid not in signalled:
                signalled.add(process.pid)
                _send_signal(process.pid, state, signal.SIGKILL if kill else signal.SIGTERM)
        time.sleep(_POLL_SECONDS)
    return list(ended.values())


def is_alive(pid: int) -> bool:
    """Return whether a process with that id runs; False for one that ended and was not collected yet."""
    try:
        # The name, in parentheses, may contain anything; the state follows it.
        status = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:
        return False
    return status.split()[:1] not in (["Z"], ["X"])


def _send_signal(pid: int, state: State, number: signal.Signals) -> None:
    # A descriptor names this process even if its pid is given to another one meanwhile.
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if _has_mark(pid, state):
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _has_mark(pid: int, state: State) -> bool:
    return os.fsencode(f"{MARK}={state.folder}") in _environment(pid)


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _own_lineage() -> set[int]:
    pids = {pid := os.getpid()}
    while pid > 1:
        try:
            status = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            break
        pid = int(status.rpartition(")")[2].split()[1])
        pids.add(pid)
    return pids
