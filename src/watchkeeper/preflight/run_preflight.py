"""All checks of one stack at once, in less than three seconds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchkeeper import naming
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import Plan
from watchkeeper.preflight.clock_line import clock_line
from watchkeeper.preflight.engine_lines import Engine, ask_engine, compose_line, engine_line, images_lines
from watchkeeper.preflight.ingest import disk_line, retention_line
from watchkeeper.preflight.machine_lines import (
    cores_line,
    files_line,
    inotify_line,
    memory_line,
    selinux_line,
)
from watchkeeper.preflight.preflight_line import Line, Running
from watchkeeper.preflight.stack_lines import port_lines, secret_lines, tools_line
from watchkeeper.stack import record as records
from watchkeeper.stack.choose_mode import still_running
from watchkeeper.stack.compose.compose_stack import published_ports
from watchkeeper.stack.compose.engine import Compose
from watchkeeper.stack.ports.wanted_ports import WantedPort, native_ports
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Mode
from watchkeeper.toolchain import find
from watchkeeper.toolchain.building.memory import cores


@dataclass(frozen=True, slots=True)
class Preflight:
    """The mode that was checked, and a line for each check."""

    mode: Mode
    lines: tuple[Line, ...]

    @property
    def is_ready(self) -> bool:
        """Return whether nothing keeps the stack from working; warnings do not."""
        return not any(line.state == "fail" for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Site:
    spec: Spec
    plan: Plan
    root: Path
    state: State
    running: Running | None


def preflight(spec: Spec, plan: Plan, root: Path, *, state: State, target: Mode | None) -> Preflight:
    """Run every check for a target; without one, for the running stack, else containers if an engine answers."""
    record = still_running(records.load(state), state)
    running = Running(record.endpoints.prometheus, _data_bytes(state)) if record else None
    engine = None if target == "native" or (record and record.mode == "native") else ask_engine()
    mode: Mode = target or (record.mode if record else "compose" if engine else "native")
    site = _Site(spec, plan, root, state, running)
    with ThreadPoolExecutor(4) as pool:
        local = pool.submit(lambda: [*_machine(site, mode), *secret_lines(spec, root, mode)])
        first, clocks = _compose(site, engine) if mode == "compose" else (_native(site), [])
        data = Path(engine.folder) if mode == "compose" and engine else state.folder
        disk = disk_line(plan, data, running)
        lines = [*first, *local.result(), disk, retention_line(plan, running), clock_line(clocks)]
    return Preflight(mode, tuple(lines))


def cheap_failures(spec: Spec, plan: Plan, state: State, *, mode: Mode) -> tuple[Line, ...]:
    """Return what would fail, of the checks that cost milliseconds and start no program."""
    lines = [cores_line(spec.stack, mode, cores=cores()), memory_line(spec.stack, mode, None)]
    lines += [files_line(), disk_line(plan, state.folder, None)]
    return tuple(line for line in lines if line.state == "fail")


def _machine(site: _Site, mode: Mode) -> Iterator[Line]:
    stack = site.spec.stack
    yield cores_line(stack, mode, cores=cores())
    yield memory_line(stack, mode, site.running)
    yield files_line()
    yield inotify_line()
    yield selinux_line(mode)


def _native(site: _Site) -> list[Line]:
    wanted = native_ports(site.plan, sinks=True)
    return [tools_line(), *port_lines(wanted, site.state, running=site.running is not None)]


def _compose(site: _Site, engine: Engine | None) -> tuple[list[Line], list[tuple[str, float]]]:
    lines = [engine_line(engine), compose_line()]
    if engine is None:
        return lines, []
    clocks = [("the engine", engine.ahead)]
    services = _services(site)
    if not services:
        return lines, clocks
    images = sorted({each["image"] for each in services.values() if "image" in each})
    found, answered = images_lines(images, engine)
    wanted: list[WantedPort] = published_ports(services)
    ports = port_lines(wanted, site.state, running=site.running is not None)
    return [*lines, *found, *ports], [*clocks, *answered]


def _services(site: _Site) -> dict[str, Any]:
    """Return the services of the rendered Compose file; none without the file or Compose."""
    tool, file = find("docker-compose"), site.root / naming.COMPOSE_FILE
    if tool is None or not file.is_file():
        return {}
    try:
        return Compose((str(tool.path),), file).config()
    except StackError:
        return {}


def _data_bytes(state: State) -> int:
    return sum(_size(path) for path in (state.folder / "data" / "prometheus").rglob("*"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0  # Prometheus has just replaced it
