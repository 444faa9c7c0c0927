"""Provide every requested tool: found on this machine, else copied from its image, else built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from watchkeeper.toolchain.building.build_progress import Report, console
from watchkeeper.toolchain.building.go import find_go, go_problem
from watchkeeper.toolchain.building.memory import build_jobs
from watchkeeper.toolchain.building.schedule import Schedule
from watchkeeper.toolchain.found_tool import Origin, Tool, ToolchainError
from watchkeeper.toolchain.image import extract
from watchkeeper.toolchain.pins import MODULES, Module, locate
from watchkeeper.toolchain.search import Explicit, cached, find


def ensure(
    names: Iterable[str],
    *,
    report: Report | None = None,
    explicit: Explicit | None = None,
    static: bool = False,
    modules: Sequence[Module] = MODULES,
) -> dict[str, Tool]:
    """Return every named tool, building what is missing; raise ToolchainError, one line for each cause.

    Progress goes to `report`, by default the console on standard error; with `static`, no returned tool
    needs a dynamic loader.
    """
    wanted = list(dict.fromkeys(names))
    found = {name: find(name, explicit=explicit, static=static, modules=modules) for name in wanted}
    missing = [name for name, tool in found.items() if tool is None]
    provided = _provide(missing, report=report or console(), modules=modules) if missing else {}
    return {name: tool or provided[name] for name, tool in found.items()}


def _provide(missing: Sequence[str], *, report: Report, modules: Sequence[Module]) -> dict[str, Tool]:
    owners = {name: locate(name, modules=modules)[0] for name in missing}
    needed = [module for module in modules if module in owners.values()]
    # A copy takes seconds where a build takes minutes.
    unpacked = [module.name for module in needed if extract(module)]
    failures = _build([module for module in needed if module.name not in unpacked], report=report)
    causes = dict.fromkeys(failures.values())
    if causes:
        raise ToolchainError("\n".join(causes))
    origins: dict[str, Origin] = dict.fromkeys(unpacked, "image")
    return {
        name: _cached_tool(name, origin=origins.get(owners[name].name, "built"), modules=modules)
        for name in missing
    }


def _build(needed: Sequence[Module], *, report: Report) -> dict[str, str]:
    go = find_go()
    refused = [module for module in needed if go_problem(go, modules=[module])]
    # One line for all of them, since all need the same Go.
    failures = {module.name: go_problem(go, modules=refused) for module in refused}
    buildable = [module for module in needed if module not in refused]
    if go is not None and buildable:
        schedule = Schedule(buildable, go=go, report=report)
        schedule.run(jobs=build_jobs())
        failures.update(schedule.failures)
    return failures


def _cached_tool(name: str, *, origin: Origin, modules: Sequence[Module]) -> Tool:
    tool = cached(*locate(name, modules=modules))
    if tool is None:
        raise ToolchainError(
            f"{name} was removed from the cache while it was being built: run the command again"
        )
    return replace(tool, origin=origin)
