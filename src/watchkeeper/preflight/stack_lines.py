"""Ports, secret files and tools of one stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from watchkeeper.model.spec import Spec
from watchkeeper.preflight.preflight_line import Line, LineState, good
from watchkeeper.secret_files.inspect_files import inspect
from watchkeeper.stack.native.native_stack import TOOLS
from watchkeeper.stack.ports.wanted_ports import WantedPort, unusable_ports
from watchkeeper.stack.processes import stack_of
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Mode
from watchkeeper.toolchain import find

_FREE = "stop the process that uses it, or set another port under stack.ports"


def port_lines(wanted: Iterable[WantedPort], state: State, *, running: bool) -> Iterator[Line]:
    """Yield a line for each port that another program has, or one line when all are free or ours."""
    ports = tuple(wanted)
    unusable = unusable_ports(ports)
    # Another user's processes, such as the proxies of containers, cannot be seen; a running stack has its own ports.
    foreign = [
        each for each in unusable if not (running and each.pid is None) and not _is_ours(each.pid, state)
    ]
    for each in foreign:
        yield Line("ports", "fail", each.line, _FREE)
    if not foreign:
        ours = f", {len(unusable)} in use by this stack" if unusable else ""
        yield good("ports", f"all {len(ports)} are usable{ours}")


def _is_ours(pid: int | None, state: State) -> bool:
    return pid is not None and stack_of(pid) == str(state.folder)


def secret_lines(spec: Spec, root: Path, mode: Mode) -> Iterator[Line]:
    """Yield a line for each secret file that its reader could not use, or one line when all are well."""
    files = inspect(spec, root, mode=mode)
    for each in files:
        for fault in each.faults:
            # A stack without its secrets starts, and sends to the local sinks or to nobody.
            state: LineState = "warn" if fault.name == "missing" else "fail"
            yield Line("secrets", state, f"{each.path} {fault.message}", fault.remedy)
    if not any(each.faults for each in files):
        whose = "the containers' users" if mode == "compose" else "this user"
        yield good(
            "secrets", f"{len(files)} files, each readable by {whose}" if files else "the spec names none"
        )


def tools_line() -> Line:
    """Return whether the programs of a native stack are here."""
    found = {name: find(name) for name in TOOLS}
    missing = [name for name, tool in found.items() if tool is None]
    shown = ", ".join(f"{name} {tool.version}" for name, tool in found.items() if tool is not None)
    if missing:
        remedy = "`up` builds them, which takes minutes; do it before by: watchkeeper tools"
        return Line("programs", "warn", f"missing: {', '.join(missing)}", remedy)
    return good("programs", shown)
