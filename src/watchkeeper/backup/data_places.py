"""Where the data of a stack is, as processes or in containers, and what writes to it now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming, toolchain
from watchkeeper.backup.backup_manifest import DATA_PARTS, GRAFANA, JAEGER, PROMETHEUS
from watchkeeper.backup.live.copy_grafana import DATABASE
from watchkeeper.backup.stack_data import data_folder, started_versions
from watchkeeper.stack import record as records
from watchkeeper.stack.choose_mode import still_running
from watchkeeper.stack.compose.compose_stack import running_compose
from watchkeeper.stack.compose.engine import Compose
from watchkeeper.stack.compose.fetch_images import COMPOSE_TOOL
from watchkeeper.stack.compose.volume_exchange import finish_exchange, is_interrupted
from watchkeeper.stack.compose.volumes import StackVolume, users_of
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import BACKUP_WORK, State
from watchkeeper.stack.state_lock import locked
from watchkeeper.stack.view.endpoints import Mode
from watchkeeper.toolchain.version import parse_version

# The volume is mounted where the image may write, and the store is a folder in it.
_INSIDE = {JAEGER: "jaeger"}


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of each part's data, a folder beside them to prepare a backup in, and the parts whose programs run.

    `versions` are those of the programs that wrote the data, without those that nobody knows.
    """

    mode: Mode
    folders: Mapping[str, Path]
    work: Path
    running: frozenset[str]
    versions: Mapping[str, str]


def native_places(state: State, record: Record | None) -> Places:
    """Return the folders of a native stack; all of its programs run, or none."""
    parts = DATA_PARTS if still_running(record, state) else ()
    folders = {part: data_folder(state) / part for part in DATA_PARTS}
    return Places("native", folders, state.folder / BACKUP_WORK, frozenset(parts), started_versions(state))


def container_places(volumes: Iterable[StackVolume]) -> Places:
    """Return the folders of the volumes that exist; raise StackError when there are no metrics in them."""
    there = [each for each in volumes if each.folder is not None]
    folders = {each.service: data_in(each.service, each.folder) for each in there if each.folder}
    if PROMETHEUS not in folders or not has_files(PROMETHEUS, folders[PROMETHEUS]):
        raise StackError("there is nothing to back up: Docker has no volume with metrics of this stack")
    return Places(
        mode="compose",
        folders=folders,
        # Beside the metrics, so that blocks can be linked, and where no container sees it.
        work=folders[PROMETHEUS].with_name(BACKUP_WORK),
        running=frozenset(users_of(there).values()) & frozenset(folders),
        versions=image_versions(there),
    )


def finish_interrupted(state: State, root: Path, progress: Progress) -> None:
    """Finish a restore into volumes that was interrupted, before anybody looks at them; raise StackError."""
    if not is_interrupted(state):
        return
    compose = compose_of(root, records.load(state))
    with locked(state):
        running = any(each.state == "running" for each in compose.containers())
        finish_exchange(state, progress, running=running)


def data_in(part: str, volume: Path) -> Path:
    """Return the folder of a part's data in the folder of its volume."""
    return volume / _INSIDE[part] if part in _INSIDE else volume


def has_files(part: str, folder: Path) -> bool:
    """Return whether the folder of a part has data; Grafana's other files are made again at its start."""
    if part == GRAFANA:
        return (folder / DATABASE).exists()
    return any(not each.is_dir() for each in folder.rglob("*"))


def image_versions(volumes: Iterable[StackVolume]) -> dict[str, str]:
    """Return the versions that the tags of the images name; a tag without a version says nothing."""
    tags = {
        each.service: each.image.rpartition("/")[2].partition("@")[0].partition(":")[2] for each in volumes
    }
    return {service: tag.removeprefix("v") for service, tag in tags.items() if parse_version(tag)}


def compose_of(root: Path, record: Record | None) -> Compose:
    """Return Compose for the stack in containers of a rendered root; raise StackError or ToolchainError."""
    if record is not None and record.mode == "compose":
        return running_compose(record)
    file = root / naming.COMPOSE_FILE
    if not file.is_file():
        raise StackError(f"{file} does not exist: run `watchkeeper render` first")
    tool = toolchain.find(COMPOSE_TOOL) or toolchain.ensure([COMPOSE_TOOL])[COMPOSE_TOOL]
    return Compose((str(tool.path),), file)
