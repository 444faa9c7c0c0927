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

from watchkeeper import __version__
from watchkeeper.backup.archive import write_archive
from watchkeeper.backup.backup_manifest import ALERTMANAGER, JAEGER, PROMETHEUS, SPEC, Manifest, StoredFile
from watchkeeper.backup.last_backup import LastBackup, remember
from watchkeeper.backup.live.copy_alertmanager import copy_alertmanager
from watchkeeper.backup.live.copy_badger import copy_badger
from watchkeeper.backup.live.copy_tsdb import copy_tsdb
from watchkeeper.backup.live.place_file import Moving
from watchkeeper.backup.space import amount, require_space, used_bytes
from watchkeeper.backup.stack_data import data_folder, has_data, identity_of, started_versions
from watchkeeper.backup.whole_archive import whole_archive
from watchkeeper.model.spec import Spec
from watchkeeper.publish.refusal import reason_of
from watchkeeper.spec.document.include import load_all
from watchkeeper.spec.spec_digest import spec_digest
from watchkeeper.stack import record as records
from watchkeeper.stack.choose_mode import still_running
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError, StackFailed
from watchkeeper.stack.state import BACKUP_WORK, State
from watchkeeper.stack.state_lock import locked

_CHUNK = 1 << 20
# The parts of the data that are copied instead of linked.
_COPIED = (f"{PROMETHEUS}/wal", f"{PROMETHEUS}/wbl", ALERTMANAGER, JAEGER)


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
    if not has_data(state):
        raise StackError(f"there is nothing to back up in {state.folder}: no stack was started there")
    with locked(state), _workplace(state) as work:
        started = time.monotonic()
        try:
            manifest = _gather(spec, spec_path, state, work, progress)
            size = _write(manifest, work, out, progress)
            remember(state, LastBackup(manifest.made_at, str(out), size))
        except Moving as moving:
            raise StackFailed(f"{moving}: try again") from moving
        except OSError as error:
            raise StackFailed(
                f"the backup was not made: {error.filename or out}: {reason_of(error)}"
            ) from error
    return Made(out, size, manifest, time.monotonic() - started)


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
def _workplace(state: State) -> Iterator[Path]:
    """Give an empty folder beside the data, so that files can be linked into it."""
    work = state.folder / BACKUP_WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _gather(spec: Spec, spec_path: Path, state: State, work: Path, progress: Progress) -> Manifest:
    """Copy all parts into `work`, Prometheus last, and describe them."""
    record = records.load(state)
    if record is not None and record.mode == "compose":
        raise StackError("the stack runs in containers, whose volumes this version does not back up")
    made_at = time.time()
    since = made_at if still_running(record, state) else None
    data = data_folder(state)
    # The copies lie beside the data of the running programs, which a full disk would stop. Blocks are linked.
    require_space(state.folder, sum(used_bytes(data / each) for each in _COPIED))

    def waiting() -> None:
        progress.show("waiting for Alertmanager to write its silences and notifications")

    note = copy_alertmanager(data / ALERTMANAGER, work / ALERTMANAGER, since=since, waiting=waiting)
    progress.show("copying traces")
    copy_badger(data / JAEGER, work / JAEGER)
    progress.show("copying metrics")
    copy_tsdb(data / PROMETHEUS, work / PROMETHEUS)
    _copy_spec(spec_path, work / SPEC)
    progress.show("computing checksums")
    return Manifest(
        made_at=made_at,
        made_by=f"watchkeeper {__version__}",
        mode="native",
        stack=identity_of(spec),
        spec_sha256=spec_digest(spec_path),
        versions=started_versions(state),
        notes=(note,) if note else (),
        files=tuple(_listed(work)),
    )


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
