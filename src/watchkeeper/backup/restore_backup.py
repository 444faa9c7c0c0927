"""Restore a backup into a stopped stack: all of it is checked and written first, then takes the place of the data at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.backup.archive import read_archive, read_manifest
from watchkeeper.backup.backup_manifest import SPEC, BadBackup, Manifest, StackIdentity
from watchkeeper.backup.data_places import compose_of, finish_interrupted
from watchkeeper.backup.exchange import CannotExchange
from watchkeeper.backup.last_backup import LastBackup, publish_last_backup, remember_if_newer
from watchkeeper.backup.restore_target import NativeTarget, RestoreTarget
from watchkeeper.backup.space import amount, require_space
from watchkeeper.backup.stack_data import identity_of
from watchkeeper.backup.volumes_target import VolumesTarget
from watchkeeper.model.duration import Duration
from watchkeeper.model.spec import Spec
from watchkeeper.naming import root_of
from watchkeeper.publish.refusal import PublishRefused, reason_of
from watchkeeper.spec.spec_digest import spec_digest
from watchkeeper.stack import record as records
from watchkeeper.stack.choose_mode import ModeOption
from watchkeeper.stack.compose.engine import engine_answers
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError, StackFailed
from watchkeeper.stack.state import State
from watchkeeper.stack.state_lock import locked
from watchkeeper.stack.state_owner import kept_by_owner
from watchkeeper.stack.view.endpoints import Mode
from watchkeeper.toolchain.version import parse_version

# Alertmanager forgets notifications after this time.
_LOG_SECONDS = Duration.parse(naming.ALERTMANAGER_RETENTION).seconds


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, or would be: the manifest, into which kind of stack, and remarks for the user.

    `replaced` is whether there was data.
    """

    manifest: Manifest
    mode: Mode
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
    mode: ModeOption = "auto",
) -> Restored:
    """Restore a backup, or only check that it can be; raise StackError before anything is changed, else StackFailed.

    In mode auto the stack stays what it was started as; where none was started, it becomes that of the backup.
    """
    started = time.monotonic()
    manifest = _manifest_of(archive)
    with kept_by_owner(state):
        finish_interrupted(state, root_of(spec_path), progress)
        target = _target(mode, manifest, state, root_of(spec_path))
        reasons = list(_refusals(manifest, identity_of(spec), target, replace=replace))
        if reasons:
            raise StackError("\n".join(reasons))
        replaced = any(target.present(manifest))
        require_space(target.room, manifest.size)
        if dry_run:
            _read(archive, manifest, None, progress)
        else:
            state.create()
            with locked(state):
                # Asked again with the lock: `up` may have been faster.
                for reason in target.running():
                    raise StackError(reason)
                _replace(archive, manifest, target, progress)
                target.remember(spec, spec_path)
                _remember(archive, manifest, state, spec_path)
    remarks = (*target.lost(manifest), *_remarks(manifest, spec_path))
    return Restored(manifest, target.mode, replaced, remarks, time.monotonic() - started)


def _target(mode: ModeOption, manifest: Manifest, state: State, root: Path) -> RestoreTarget:
    record = records.load(state)
    wanted = mode if mode != "auto" else record.mode if record is not None else manifest.mode
    if wanted == "compose" and mode == "auto" and record is None and not engine_answers():
        raise StackError(
            "the backup is of containers, and no Docker engine answers: start it, or restore into processes with "
            "`--mode native`"
        )
    return VolumesTarget(state, compose_of(root, record)) if wanted == "compose" else NativeTarget(state)


def _manifest_of(archive: Path) -> Manifest:
    try:
        return read_manifest(archive)
    except BadBackup as bad:
        raise StackError(f"{archive}: {bad}") from bad
    except OSError as error:
        raise StackError(f"{archive} cannot be read: {error.strerror}") from error


def _refusals(
    manifest: Manifest, ours: StackIdentity, target: RestoreTarget, *, replace: bool
) -> Iterator[str]:
    """Yield every reason not to restore."""
    if not manifest.stack.is_same(ours):
        yield f"the backup is of {manifest.stack}, and the spec is of {ours}: name the spec of the same stack"
    yield from downgrades(manifest, target.versions())
    yield from target.running()
    for place in () if replace else target.present(manifest):
        yield f"{place} has data: --replace replaces it, and nothing is merged"
    for folder in target.elsewhere():
        yield (
            f"{folder} is a link or a mount, and restored data would be beside it instead of in it: "
            "put the whole state folder there, by --state or WATCHKEEPER_STATE"
        )


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


def _replace(archive: Path, manifest: Manifest, target: RestoreTarget, progress: Progress) -> None:
    try:
        fresh = target.prepare()
        _read(archive, manifest, fresh, progress)
        shutil.rmtree(fresh / SPEC, ignore_errors=True)
        progress.show("writing to the disk")
        target.exchange(fresh)
    except (OSError, PublishRefused, CannotExchange) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise StackFailed(f"nothing was restored, and the data is as before: {reason}") from error
    finally:
        target.tidy()


def _remember(archive: Path, manifest: Manifest, state: State, spec_path: Path) -> None:
    """Let the archive be the last backup where none is known, such as on another machine."""
    try:
        path = archive.resolve()
        remember_if_newer(state, LastBackup(manifest.made_at, str(path), path.stat().st_size))
        publish_last_backup(state, root_of(spec_path))
    except OSError as error:
        raise StackFailed(
            f"the data was restored, but not the time of the last backup: {error.filename}: {reason_of(error)}"
        ) from error


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
