"""Restore a backup into a stopped stack: all of it is checked and written first, then takes the place of the data at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.backup.archive import read_archive, read_manifest
from watchkeeper.backup.backup_manifest import DATA_PARTS, SPEC, BadBackup, Manifest, StackIdentity
from watchkeeper.backup.exchange import CannotExchange, exchange
from watchkeeper.backup.space import amount, require_space
from watchkeeper.backup.stack_data import data_folder, has_data, identity_of, next_versions
from watchkeeper.model.duration import Duration
from watchkeeper.model.spec import Spec
from watchkeeper.publish.durable import sync
from watchkeeper.publish.refusal import PublishRefused, reason_of
from watchkeeper.spec.spec_digest import spec_digest
from watchkeeper.stack import record as records
from watchkeeper.stack.choose_mode import still_running
from watchkeeper.stack.processes import marked
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError, StackFailed
from watchkeeper.stack.state import RESTORE_WORK, State
from watchkeeper.stack.state_lock import locked
from watchkeeper.toolchain.version import parse_version

# Alertmanager forgets notifications after this time.
_LOG_SECONDS = Duration.parse(naming.ALERTMANAGER_RETENTION).seconds


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, or would be: the manifest, whether data was replaced, remarks for the user, and the time it took."""

    manifest: Manifest
    replaced: bool
    remarks: tuple[str, ...]
    seconds: float


def restore_backup(
    archive: Path,
    spec: Spec,
    spec_path: Path,
    *,
    state: State,
    replace: bool,
    dry_run: bool,
    progress: Progress,
) -> Restored:
    """Restore a backup, or only check that it can be; raise StackError before anything is changed, else StackFailed."""
    started = time.monotonic()
    manifest = _manifest_of(archive)
    reasons = list(_refusals(manifest, identity_of(spec), state, replace=replace))
    if reasons:
        raise StackError("\n".join(reasons))
    replaced = has_data(state)
    require_space(state.folder, manifest.size)
    if dry_run:
        _read(archive, manifest, None, progress)
    else:
        state.create()
        with locked(state):
            _require_stopped(state)
            _replace(archive, manifest, state, progress)
    remarks = tuple(_remarks(manifest, spec_path))
    return Restored(manifest, replaced, remarks, time.monotonic() - started)


def _manifest_of(archive: Path) -> Manifest:
    try:
        return read_manifest(archive)
    except BadBackup as bad:
        raise StackError(f"{archive}: {bad}") from bad
    except OSError as error:
        raise StackError(f"{archive} cannot be read: {error.strerror}") from error


def _refusals(manifest: Manifest, ours: StackIdentity, state: State, *, replace: bool) -> Iterator[str]:
    """Yield every reason not to restore."""
    if not manifest.stack.is_same(ours):
        yield f"the backup is of {manifest.stack}, and the spec is of {ours}: name the spec of the same stack"
    yield from downgrades(manifest, next_versions())
    if _is_running(state):
        yield "the stack is running: stop it with `watchkeeper down` first"
    if has_data(state) and not replace:
        yield f"{data_folder(state)} has data: --replace replaces it, and nothing is merged"


def downgrades(manifest: Manifest, versions: dict[str, str]) -> Iterator[str]:
    """Yield a line for each program that is older than the one that wrote the data."""
    for name, wrote in manifest.versions.items():
        ours = parse_version(versions.get(name, ""))
        theirs = parse_version(wrote)
        if ours and theirs and ours < theirs:
            yield (
                f"{name.capitalize()} {wrote} wrote the data, and an older version may not read it: "
                f"this stack would start {versions[name]}"
            )


def _is_running(state: State) -> bool:
    return still_running(records.load(state), state) is not None or bool(marked(state))


def _require_stopped(state: State) -> None:
    # Asked again with the lock: `up` may have been faster.
    if _is_running(state):
        raise StackError("the stack is running: stop it with `watchkeeper down` first")


def _replace(archive: Path, manifest: Manifest, state: State, progress: Progress) -> None:
    work = state.folder / RESTORE_WORK
    shutil.rmtree(work, ignore_errors=True)
    fresh = work / "data"
    try:
        fresh.mkdir(mode=0o700, parents=True)
        _read(archive, manifest, fresh, progress)
        shutil.rmtree(fresh / SPEC, ignore_errors=True)
        for part in DATA_PARTS:
            (fresh / part).mkdir(exist_ok=True)
        progress.show("writing to the disk")
        sync({str(path): str(path) for path in (fresh, *fresh.rglob("*"))})
        exchange(fresh, data_folder(state))
    except (OSError, PublishRefused, CannotExchange) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise StackFailed(f"nothing was restored, and the data is as before: {reason}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _read(archive: Path, manifest: Manifest, into: Path | None, progress: Progress) -> None:
    done = 0

    def step(read: int) -> None:
        nonlocal done
        done += read
        progress.show(f"{'restoring' if into else 'checking'} {amount(done)} of {amount(manifest.size)}")

    try:
        read = read_archive(archive, into=into, step=step)
    except BadBackup as bad:
        raise StackError(f"{archive}: {bad}") from bad
    except OSError as error:
        if into:
            raise
        raise StackError(f"{archive} cannot be read: {reason_of(error)}") from error
    if read != manifest:
        raise StackError(f"{archive}: it was replaced while it was read: try again")


def _remarks(manifest: Manifest, spec_path: Path) -> Iterator[str]:
    yield from manifest.notes
    if manifest.spec_sha256 != spec_digest(spec_path):
        yield "the spec has changed since the backup, which contains its own under spec/: rules and routes are those of the spec"
    if time.time() - manifest.made_at > _LOG_SECONDS:
        yield "the backup is more than five days old: alerts that still fire notify again"
