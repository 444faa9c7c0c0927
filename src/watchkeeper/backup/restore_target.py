"""Where a backup is restored: into the folder of a native stack, or into the volumes of one in containers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from watchkeeper.backup.backup_manifest import DATA_PARTS, GRAFANA, Manifest
from watchkeeper.backup.exchange import exchange
from watchkeeper.backup.stack_data import data_folder, has_data, next_versions
from watchkeeper.model.spec import Spec
from watchkeeper.publish.durable import sync
from watchkeeper.stack import record as records
from watchkeeper.stack.choose_mode import still_running
from watchkeeper.stack.processes import marked
from watchkeeper.stack.state import RESTORE_WORK, State
from watchkeeper.stack.view.endpoints import Mode

_RUNNING = "the stack is running: stop it with `watchkeeper down` first"


class RestoreTarget(Protocol):
    """One kind of stack that takes a backup."""

    mode: Mode

    @property
    def room(self) -> Path:
        """Return the folder on whose file system the new data is written."""

    def versions(self) -> dict[str, str]:
        """Return the version of each program that the next `up` starts, without those that nobody knows."""

    def running(self) -> Iterator[str]:
        """Yield why nothing may be restored now: who works on the data."""

    def present(self, manifest: Manifest) -> Iterator[str]:
        """Yield where there is data that the backup would replace."""

    def elsewhere(self) -> Iterator[Path]:
        """Yield links and mounts among the folders of data: an exchange of names would leave their content behind."""

    def lost(self, manifest: Manifest) -> Iterator[str]:
        """Yield what of the backup has no place here."""

    def prepare(self) -> Path:
        """Return a new folder for the files of the backup; raise OSError or StackError."""

    def exchange(self, fresh: Path) -> None:
        """Put the parts in `fresh` in the place of the data, as a whole; raise OSError and others: nothing has changed."""

    def remember(self, spec: Spec, spec_path: Path) -> None:
        """Record where the data is now, so that `down --volumes` finds it before any `up`."""

    def tidy(self) -> None:
        """Remove what was only needed meanwhile."""


class NativeTarget:
    """The data folder of a native stack."""

    mode: Mode = "native"

    def __init__(self, state: State) -> None:
        """Describe the target; nothing changes."""
        self._state = state
        self._work = state.folder / RESTORE_WORK

    @property
    def room(self) -> Path:
        """Return the state folder."""
        return self._state.folder

    def versions(self) -> dict[str, str]:
        """Return the versions of the tools."""
        return next_versions()

    def running(self) -> Iterator[str]:
        """Yield that the stack runs."""
        if still_running(records.load(self._state), self._state) or marked(self._state):
            yield _RUNNING

    def present(self, manifest: Manifest) -> Iterator[str]:
        """Yield the data folder, which is replaced as a whole."""
        del manifest
        if has_data(self._state):
            yield str(data_folder(self._state))

    def elsewhere(self) -> Iterator[Path]:
        """Yield the folders of data that are on another disk by themselves."""
        data = data_folder(self._state)
        for place in (data, *(data / part for part in DATA_PARTS)):
            if place.is_symlink() or place.is_mount():
                yield place

    def lost(self, manifest: Manifest) -> Iterator[str]:
        """Yield Grafana's database."""
        if manifest.size_of(GRAFANA):
            yield "Grafana's users and preferences stay in the backup: the native stack has no Grafana"

    def prepare(self) -> Path:
        """Return a folder beside the data."""
        self.tidy()
        fresh = self._work / "data"
        fresh.mkdir(mode=0o700, parents=True)
        return fresh

    def exchange(self, fresh: Path) -> None:
        """Exchange both data folders in one step."""
        shutil.rmtree(fresh / GRAFANA, ignore_errors=True)
        for part in DATA_PARTS:
            (fresh / part).mkdir(exist_ok=True)
        sync({str(path): str(path) for path in (fresh, *fresh.rglob("*"))})
        exchange(fresh, data_folder(self._state))

    def remember(self, spec: Spec, spec_path: Path) -> None:
        """Do nothing: the data is in the state folder."""

    def tidy(self) -> None:
        """Remove the folder beside the data."""
        shutil.rmtree(self._work, ignore_errors=True)
