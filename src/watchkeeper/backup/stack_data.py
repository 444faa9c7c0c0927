"""Where the data of a stack is, what it is, and which versions of the programs wrote it."""

from __future__ import annotations

from pathlib import Path

from watchkeeper.backup.backup_manifest import DATA_PARTS, StackIdentity
from watchkeeper.model.spec import Spec
from watchkeeper.stack.state import State
from watchkeeper.toolchain import find, locate
from watchkeeper.toolchain.probe import remembered_version


def data_folder(state: State) -> Path:
    """Return the folder that contains a folder for each part of a native stack's data."""
    return state.folder / "data"


def has_data(state: State) -> bool:
    """Return whether any file of data is there; empty folders do not count."""
    return any(not each.is_dir() for each in data_folder(state).rglob("*"))


def identity_of(spec: Spec) -> StackIdentity:
    """Return what identifies the stack of a spec."""
    services = tuple(sorted(service.name for service in spec.services))
    return StackIdentity(spec.stack.environment, spec.stack.cluster, services)


def started_versions(state: State) -> dict[str, str]:
    """Return the version of each program that a native stack was started with; without those that are gone."""
    found = {}
    for name in DATA_PARTS:
        program = state.folder / "bin" / name
        if program.exists():
            found[name] = remembered_version(program.resolve(), args=locate(name)[1].version_args)
    return {name: version for name, version in found.items() if version}


def next_versions() -> dict[str, str]:
    """Return the version of each program that the next `up` starts."""
    found = {name: find(name) for name in DATA_PARTS}
    return {name: tool.version if tool else locate(name)[0].release for name, tool in found.items()}
