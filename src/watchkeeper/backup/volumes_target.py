"""The volumes of a stack in containers as the place of a restored backup."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from watchkeeper.backup.backup_manifest import GRAFANA, JAEGER, PROMETHEUS, Manifest
from watchkeeper.backup.data_places import data_in, has_files, image_versions
from watchkeeper.model.spec import Spec
from watchkeeper.publish.durable import sync
from watchkeeper.stack.compose.compose_stack import remember_containers
from watchkeeper.stack.compose.engine import Compose
from watchkeeper.stack.compose.volume_exchange import discard, exchange_volumes, is_interrupted, new_place
from watchkeeper.stack.compose.volumes import (
    StackVolume,
    made,
    maps_users,
    users_of,
    volumes_of,
    volumes_root,
)
from watchkeeper.stack.processes import marked
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import RESTORE_WORK, State
from watchkeeper.stack.view.endpoints import Mode

_LABEL = "security.selinux"
# Jaeger's volume is mounted at /tmp of its container.
_ROOTS = {JAEGER: 0o1777}


class VolumesTarget:
    """The named volumes of a Compose file; those that are missing are made."""

    mode: Mode = "compose"

    def __init__(self, state: State, compose: Compose) -> None:
        """Look at the volumes; nothing changes. Raises StackError when they are no folders of this machine."""
        self._state, self._compose = state, compose
        self._volumes = volumes_of(compose)
        if maps_users():
            raise StackError(
                "the Docker engine maps users (rootless or userns-remap): backups are not restored into its volumes"
            )

    @property
    def room(self) -> Path:
        """Return the folder with all volumes."""
        return volumes_root()

    def versions(self) -> dict[str, str]:
        """Return the versions that the images' tags name."""
        return image_versions(self._volumes)

    def running(self) -> Iterator[str]:
        """Yield the containers that run on the volumes, of whatever project, and native processes on the same ports."""
        names = sorted(users_of(self._volumes))
        if names or marked(self._state):
            by = f" ({', '.join(names)})" if names else ""
            yield f"the stack is running{by}: stop it with `watchkeeper down` first"

    def present(self, manifest: Manifest) -> Iterator[str]:
        """Yield the volumes with data, among those that the backup has something for."""
        for volume in self._concerned(manifest):
            folder = volume.folder
            if folder and has_files(volume.service, data_in(volume.service, folder)):
                yield f"the volume {volume.name}"

    def elsewhere(self) -> Iterator[Path]:
        """Yield the volumes whose folder is a link or a mount."""
        for volume in self._volumes:
            if volume.folder and (volume.folder.is_symlink() or volume.folder.is_mount()):
                yield volume.folder

    def lost(self, manifest: Manifest) -> Iterator[str]:
        """Yield parts for which this stack has no volume."""
        services = {each.service for each in self._volumes}
        if manifest.size_of(JAEGER) and JAEGER not in services:
            yield "traces stay in the backup: this stack keeps traces in memory"

    def prepare(self) -> Path:
        """Make the missing volumes, remove what a crash left beside them, and return a folder beside the metrics."""
        self._volumes = tuple(map(made, self._volumes))
        for folder in self._folders().values():
            discard(folder)
        work = self._work
        shutil.rmtree(work, ignore_errors=True)
        (work / "data").mkdir(mode=0o700, parents=True)
        return work / "data"

    def exchange(self, fresh: Path) -> None:
        """Put each part into a new folder of its volume, and exchange all of them by one journal."""
        folders = self._folders()
        concerned = [each for each in self._volumes if each.service != GRAFANA or (fresh / GRAFANA).is_dir()]
        for volume in concerned:
            _build(fresh / volume.service, volume, folders[volume.service], fresh.parent)
        places = [folders[each.service] for each in concerned]
        try:
            exchange_volumes(self._state, places)
        except OSError as error:
            if is_interrupted(self._state):
                raise StackError(
                    f"the restore was interrupted ({error.filename}: {error.strerror}): run `watchkeeper up`, "
                    "which finishes it"
                ) from error
            raise

    def remember(self, spec: Spec, spec_path: Path) -> None:
        """Record a stack in containers, as `up` does."""
        remember_containers(spec, spec_path, self._state, self._compose)

    def tidy(self) -> None:
        """Remove the folder beside the metrics, and what waits for an exchange that did not begin."""
        folders = self._folders()
        if PROMETHEUS in folders:
            shutil.rmtree(self._work, ignore_errors=True)
        for folder in folders.values() if not is_interrupted(self._state) else ():
            discard(folder)

    @property
    def _work(self) -> Path:
        return self._folders()[PROMETHEUS].with_name(RESTORE_WORK)

    def _folders(self) -> dict[str, Path]:
        return {each.service: each.folder for each in self._volumes if each.folder}

    def _concerned(self, manifest: Manifest) -> Iterator[StackVolume]:
        # Grafana is left alone by a backup without its database, such as that of a native stack.
        return (each for each in self._volumes if each.service != GRAFANA or manifest.size_of(GRAFANA))


def _build(part: Path, volume: StackVolume, folder: Path, work: Path) -> None:
    """Make the new folder of a volume from a part of the backup, with the owners and labels that its program needs."""
    root = work / volume.service
    root.mkdir(mode=0o755)
    part.mkdir(exist_ok=True)
    inside = data_in(volume.service, root)
    if inside == root:
        root.rmdir()
    part.rename(inside)
    everything = [root, *root.rglob("*")]
    for path in everything:
        os.chown(path, *volume.user)
        _label(folder, path)
    root.chmod(_ROOTS.get(volume.service, 0o755))
    sync({str(path): str(path) for path in everything})
    root.rename(new_place(folder))


def _label(model: Path, path: Path) -> None:
    """Give a new file the label for SELinux of the folder that it replaces, where there are labels."""
    with suppress(OSError):
        os.setxattr(path, _LABEL, os.getxattr(model, _LABEL))
