"""The process manager of a native stack: started once, told what to change, and gone without a trace."""

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
from watchkeeper.stack.native.program_logs import died
from watchkeeper.stack.processes import MARK, is_alive, sweep
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.state import State

_POLL_SECONDS = 0.05
_START_SECONDS = 20.0
# As long as the most patient program of the process file may take to stop, and a little.
_STOP_SECONDS = 40.0
_NOT_RUNNING = 70
_ALREADY_STARTED = 60


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the stack as supervisord sees it; `since` is in Unix seconds, 0 if it never ran."""

    name: str
    state: str
    pid: int
    since: int
    remark: str

    @property
    def runs(self) -> bool:
        """Return whether it runs, or has just been started."""
        return self.state in ("RUNNING", "STARTING")


@dataclass(frozen=True, slots=True)
class Supervisor:
    """supervisord for one state folder; every method asks the running one."""

    state: State

    def is_running(self) -> bool:
        """Return whether it answers."""
        try:
            self._call("supervisor.getPID")
        except rpc.Unreachable:
            return False
        return True

    def launch(self, config: Path, environment: Mapping[str, str]) -> None:
        """Start it with a process file and wait until it answers; raise StackFailed with its own words."""
        words = self.state.log("supervisord-start")
        mark = {MARK: str(self.state.folder), "WATCHKEEPER_SOCKET": str(self.state.socket)}
        with words.open("wb") as output:
            # In a session of its own, so that the end of the terminal does not reach it.
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
                said = words.read_text(encoding="utf-8", errors="replace").strip()
                raise StackFailed(f"supervisord does not start:\n{said}\nthe process file is {config}")
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
                raise StackFailed(died(name, self.state, "does not start")) from fault

    def stop(self, name: str) -> None:
        """Stop a program and wait until it is gone; a stopped one stays stopped."""
        try:
            self._call("supervisor.stopProcess", name)
        except rpc.Fault as fault:
            if fault.code != _NOT_RUNNING:
                raise

    def tell(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a program's process."""
        self._call("supervisor.signalProcess", name, str(int(number)))

    def update(self) -> set[str]:
        """Read the process file again; add, remove and restart what changed in it, and return what was started."""
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
        """Stop all programs and itself, if it runs; then end whatever carries the stack's mark and is left."""
        try:
            pid = cast("int", self._call("supervisor.getPID"))
            # All at once: its own shutdown stops them one after the other, a second each.
            self._call("supervisor.stopAllProcesses")
            self._call("supervisor.shutdown")
        except (rpc.Unreachable, rpc.Fault):
            sweep(self.state)
            return
        # The call returns while the daemon still stops its children.
        deadline = time.monotonic() + _STOP_SECONDS
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        sweep(self.state)

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
