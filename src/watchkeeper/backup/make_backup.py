"""Make a backup of a stack, running or stopped, without touching its programs."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from watchkeeper import __version__, naming
from watchkeeper.backup.archive import write_archive
from watchkeeper.backup.backup_manifest import (
    ALERTMANAGER,
    GRAFANA,
    JAEGER,
    PROMETHEUS,
    SPEC,
    Manifest,
    StoredFile,
)
from watchkeeper.backup.data_places import (
    Places,
    compose_of,
    container_places,
    finish_interrupted,
    native_places,
)
from watchkeeper.backup.last_backup import LastBackup, publish_last_backup, remember
from watchkeeper.backup.live.copy_alertmanager import copy_alertmanager
from watchkeeper.backup.live.copy_badger import copy_badger
from watchkeeper.backup.live.copy_grafana import copy_grafana
from watchkeeper.backup.live.copy_tsdb import copy_tsdb
from watchkeeper.backup.live.place_file import Moving
from watchkeeper.backup.space import amount, require_space, used_bytes
from watchkeeper.backup.stack_data import has_data, identity_of
from watchkeeper.backup.whole_archive import whole_archive
from watchkeeper.model.spec import Spec
from watchkeeper.naming import COMPOSE_FILE, root_of
from watchkeeper.publish.refusal import reason_of
from watchkeeper.spec.document.include import load_all
from watchkeeper.spec.spec_digest import spec_digest
from watchkeeper.stack import record as records
from watchkeeper.stack.compose.engine import engine_answers
from watchkeeper.stack.compose.volumes import volumes_of
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError, StackFailed
from watchkeeper.stack.state import State
from watchkeeper.stack.state_lock import locked
from watchkeeper.stack.state_owner import kept_by_owner

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup: its file, bytes, manifest, and how long it took."""

    path: Path
    size: int
    manifest: Manifest
    seconds: float


def make_backup(spec: Spec, spec_path: Path, *, state: State, out: Path, progress: Progress) -> Made:
    """Write the backup to `out`, whole or not at all; raise StackError before anything is written, else StackFailed."""
    out = usable_target(out, state)
    with kept_by_owner(state):
        finish_interrupted(state, root_of(spec_path), progress)
        _require_outside(out, _places(spec_path, state))
        state.create()
        with locked(state):
            return _make(spec, spec_path, state, out, progress)


def _make(spec: Spec, spec_path: Path, state: State, out: Path, progress: Progress) -> Made:
    started = time.monotonic()
    # Asked again with the lock: `up` or `down` may have been faster.
    places = _places(spec_path, state)
    with _workplace(places.work) as work:
        try:
            manifest = _gather(spec, spec_path, places, work, progress)
            size = _write(manifest, work, out, progress)
            remember(state, LastBackup(manifest.made_at, str(out), size))
        except Moving as moving:
            raise StackFailed(f"{moving}: try again") from moving
        except OSError as error:
            raise StackFailed(
                f"the backup was not made: {error.filename or out}: {reason_of(error)}"
            ) from error
    _publish(state, spec_path, out)
    return Made(out, size, manifest, time.monotonic() - started)


def _publish(state: State, spec_path: Path, out: Path) -> None:
    try:
        publish_last_backup(state, root_of(spec_path))
    except OSError as error:
        raise StackFailed(
            f"{out} was made, but {naming.BACKUP_OVERDUE} will not know it: {error.filename}: {reason_of(error)}"
        ) from error


def _places(spec_path: Path, state: State) -> Places:
    """Return where the data is: as the stack was started, or else where there is some; raise StackError without any."""
    record = records.load(state)
    root = root_of(spec_path)
    if record is not None:
        in_containers = record.mode == "compose"
    else:
        in_containers = not has_data(state) and (root / COMPOSE_FILE).is_file() and engine_answers()
    if in_containers:
        return container_places(volumes_of(compose_of(root, record)))
    if not has_data(state):
        raise StackError(f"there is nothing to back up in {state.folder}: no stack was started there")
    return native_places(state, record)


def _require_outside(out: Path, places: Places) -> None:
    for folder in places.folders.values():
        if out.is_relative_to(folder):
            raise StackError(f"{out} is inside the stack's own folder {folder}: write the backup elsewhere")


def usable_target(out: Path, state: State) -> Path:
    """Return the absolute path of a new backup; raise StackError where none must be."""
    try:
        path = out.expanduser()
        path = path.parent.resolve() / path.name
    except (OSError, RuntimeError) as error:
        raise StackError(f"{out} is no usable path: {error}") from error
    if path.is_relative_to(state.folder):
        raise StackError(f"{out} is inside the stack's own folder {state.folder}: write the backup elsewhere")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise StackError(f"{out} is not a plain file: choose another name")
    if not path.parent.is_dir():
        raise StackError(f"the folder {path.parent} does not exist: create it, or choose another one")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StackError(f"{path.parent} is not writable for this user: choose another folder")
    return path


@contextmanager
def _workplace(work: Path) -> Iterator[Path]:
    """Give the folder beside the data, empty, so that files can be linked into it."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _gather(spec: Spec, spec_path: Path, places: Places, work: Path, progress: Progress) -> Manifest:
    """Copy all parts into `work`, and describe them."""
    made_at = time.time()
    # The copies lie beside the data of the running programs, which a full disk would stop. Blocks are linked.
    require_space(work, sum(used_bytes(each) for each in _copied(places, work)))
    notes = tuple(note for note in _copy_parts(places, work, made_at, progress) if note)
    _copy_spec(spec_path, work / SPEC)
    progress.show("computing checksums")
    return Manifest(
        made_at=made_at,
        made_by=f"watchkeeper {__version__}",
        mode=places.mode,
        stack=identity_of(spec),
        spec_sha256=spec_digest(spec_path),
        versions=places.versions,
        notes=notes,
        files=tuple(_listed(work)),
    )


def _copy_parts(places: Places, work: Path, made_at: float, progress: Progress) -> Iterator[str]:
    """Copy each part that is there, Prometheus last; yield in what a copy is less than it could be."""

    def waiting() -> None:
        progress.show("waiting for Alertmanager to write its silences and notifications")

    folders = places.folders
    if ALERTMANAGER in folders:
        since = made_at if ALERTMANAGER in places.running else None
        yield copy_alertmanager(folders[ALERTMANAGER], work / ALERTMANAGER, since=since, waiting=waiting)
    if GRAFANA in folders:
        progress.show("copying Grafana's users")
        yield copy_grafana(folders[GRAFANA], work / GRAFANA, running=GRAFANA in places.running)
    if JAEGER in folders:
        progress.show("copying traces")
        copy_badger(folders[JAEGER], work / JAEGER)
    progress.show("copying metrics")
    copy_tsdb(folders[PROMETHEUS], work / PROMETHEUS)


def _copied(places: Places, work: Path) -> Iterator[Path]:
    """Yield the folders that are copied: Prometheus' blocks are linked, except from another file system."""
    metrics = places.folders[PROMETHEUS]
    is_beside = metrics.is_dir() and metrics.stat().st_dev == work.stat().st_dev
    yield from (metrics / "wal", metrics / "wbl") if is_beside else (metrics,)
    yield from (folder for part, folder in places.folders.items() if part != PROMETHEUS)


def _copy_spec(spec_path: Path, target: Path) -> None:
    """Write the spec's files under their own names; included ones from elsewhere get a number in front."""
    target.mkdir()
    for number, document in enumerate(load_all(spec_path, shown_as=spec_path.as_posix()).documents):
        name = Path(document.file).name
        (target / (f"{number}-{name}" if number else name)).write_text(document.text, encoding="utf-8")


def _listed(work: Path) -> Iterator[StoredFile]:
    for path in sorted(work.rglob("*")):
        if path.is_file():
            yield StoredFile(path.relative_to(work).as_posix(), path.stat().st_size, _sha256(path))


def _sha256(path: Path) -> str:
    total = sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            total.update(piece)
    return total.hexdigest()


def _write(manifest: Manifest, work: Path, out: Path, progress: Progress) -> int:
    require_space(out.parent, manifest.size)
    progress.show(f"writing {amount(manifest.size)}")
    sources: Mapping[str, Path] = {each.path: work / each.path for each in manifest.files}
    with whole_archive(out) as stream:
        write_archive(stream, manifest, sources)
    return out.stat().st_size
