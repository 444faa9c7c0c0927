"""The process manager of a native stack: start it, change its programs, and stop everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from watchkeeper.stack.native import rpc
from watchkeeper.stack.native.program_logs import failure_report
from watchkeeper.stack.processes import MARK, end_processes, is_alive
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.state import State

_POLL_SECONDS = 0.05
_START_SECONDS = 20.0
# The longest stop time of a program in the process file, and a little more.
_STOP_SECONDS = 40.0
_NOT_RUNNING = 70
_ALREADY_STARTED = 60


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the stack as supervisord reports it; `since` is in Unix seconds, 0 if it never ran."""

    name: str
    state: str
    pid: int
    since: int
    remark: str

    @property
    def runs(self) -> bool:
        """Return whether it runs or is starting."""
        return self.state in ("RUNNING", "STARTING")


@dataclass(frozen=True, slots=True)
class Supervisor:
    """supervisord for one state folder; every method calls the running one."""

    state: State

    def is_running(self) -> bool:
        """Return whether it answers."""
        try:
            self._call("supervisor.getPID")
        except rpc.Unreachable:
            return False
        return True

    def launch(self, config: Path, environment: Mapping[str, str]) -> None:
        """Start it with a process file and wait until it answers; raise StackFailed with its output."""
        log = self.state.log("supervisord-start")
        mark = {MARK: str(self.state.folder), "WATCHKEEPER_SOCKET": str(self.state.socket)}
        with log.open("wb") as output:
            # A session of its own: closing the terminal does not end it.
            process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
                cwd=self.state.folder,
                env={**os.environ, **environment, **mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running():
            if process.poll() is not None or time.monotonic() > deadline:
                written = log.read_text(encoding="utf-8", errors="replace").strip()
                raise StackFailed(f"supervisord does not start:\n{written}\nthe process file is {config}")
            time.sleep(_POLL_SECONDS)

    def programs(self) -> dict[str, Program]:
        """Return every program by name; raise Unreachable."""
        listed = cast("list[dict[str, Any]]", self._call("supervisor.getAllProcessInfo"))
        return {each["name"]: _program(each) for each in listed}

    def start(self, name: str) -> None:
        """Start a program unless it runs, and wait until it has stayed up for two seconds; raise StackFailed."""
        try:
            self._call("supervisor.startProcess", name)
        except rpc.Fault as fault:
            if fault.code != _ALREADY_STARTED:
                raise StackFailed(failure_report(name, self.state, "does not start")) from fault

    def stop(self, name: str) -> None:
        """Stop a program and wait until it has ended; a stopped program stays stopped."""
        try:
            self._call("supervisor.stopProcess", name)
        except rpc.Fault as fault:
            if fault.code != _NOT_RUNNING:
                raise

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a program's process."""
        self._call("supervisor.signalProcess", name, str(int(number)))

    def update(self) -> set[str]:
        """Read the process file again, apply its changes, and return the programs that were started."""
        try:
            changes = cast("list[list[list[str]]]", self._call("supervisor.reloadConfig"))
        except rpc.Fault as fault:
            raise StackFailed(f"supervisord refuses its process file: {fault}") from fault
        added, changed, removed = changes[0]
        for name in (*removed, *changed):
            self._call("supervisor.stopProcessGroup", name)
            self._call("supervisor.removeProcessGroup", name)
        for name in (*changed, *added):
            self._call("supervisor.addProcessGroup", name)
        return {*changed, *added}

    def shutdown(self) -> None:
        """Stop all programs and supervisord itself; then end every remaining process with the stack's mark."""
        try:
            pid = cast("int", self._call("supervisor.getPID"))
            # All at once: supervisord's own shutdown stops one program a second.
            self._call("supervisor.stopAllProcesses")
            self._call("supervisor.shutdown")
        except (rpc.Unreachable, rpc.Fault):
            end_processes(self.state)
            return
        # The call returns while the daemon is still stopping its children.
        deadline = time.monotonic() + _STOP_SECONDS
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        end_processes(self.state)

    def _call(self, method: str, *arguments: str) -> object:
        return rpc.call(self.state.socket, method, *arguments)


def _program(info: Mapping[str, Any]) -> Program:
    return Program(
        name=info["name"],
        state=info["statename"],
        pid=info["pid"],
        since=info["start"],
        remark=info["spawnerr"],
    )
