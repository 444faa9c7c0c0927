"""Write a rendered set over the last one, so that a kill at any moment leaves each file whole."""

from __future__ import annotations

import fcntl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.publish.compare import Comparison, compare, encode
from watchkeeper.publish.manifest import MANIFEST
from watchkeeper.publish.places import Places
from watchkeeper.publish.publish_lock import locked
from watchkeeper.publish.refusal import PublishRefused, refusing
from watchkeeper.publish.staging import make_folder, prune, staging, sweep, sync_folders


@dataclass(frozen=True, slots=True)
class Result:
    """What a publish did; `kept` are orphans that were edited by hand and left in place."""

    written: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    kept: tuple[str, ...]


def publish(files: Mapping[str, str], root: Path) -> Result:
    """Make `files` (POSIX paths below `root`) the published set; atomic for each file, not for the set.

    Writes what differs, then deletes what we once wrote and no longer render, and touches nothing else.
    Waits while another process publishes to `root`. Raises PublishRefused, before anything is written,
    for whatever can be known in advance.
    """
    wanted = encode(files)
    with refusing("."):
        make_folder(root, made=[])
    with locked(root, fcntl.LOCK_EX):
        seen = compare(wanted, root)
        _refuse(seen, root)
        sweep(root, {path.split("/")[0] for path in (MANIFEST, *wanted, *seen.owned) if "/" in path})
        _apply(seen, root)
    return Result(seen.stale, seen.doomed, len(seen.wanted) - len(seen.stale), seen.edited)


def _refuse(seen: Comparison, root: Path) -> None:
    foreign = f"a file that is not in {MANIFEST} stands there: move it away, or delete it to have it rendered"
    reasons = dict.fromkeys(seen.foreign, foreign)
    places = Places(root)
    for path in (*seen.stale, *seen.doomed, *([MANIFEST] if seen.relisted else [])):
        if path not in reasons and places.unwritable(path):
            reasons[path] = "no permission to write to its folder"
    if reasons:
        raise PublishRefused(reasons)


def _apply(seen: Comparison, root: Path) -> None:
    # Wherever a kill strikes, the manifest on disk must tell our files from those of others. So it is
    # written twice: first as an intent, the last set's hashes beside the hashes that are on their way,
    # in the end as the outcome. Before the intent only temporary files exist. After it every path
    # holds old or new bytes, and the next run takes a pending path for ours if the new ones are there
    # (Manifest.owned). Orphans go between the two, so that a half-deleted set is still listed. The
    # outcome is staged with the rest: a disk that fills up is noticed before the first rename.
    with staging(root) as stage:
        intent = [stage.add(MANIFEST, seen.intent)] if seen.stale else []
        fresh = [stage.add(path, seen.wanted[path]) for path in seen.stale]
        outcome = [stage.add(MANIFEST, seen.outcome, tag=".next")] if seen.stale or seen.relisted else []
        stage.sync()
        for group in (intent, fresh):
            for staged in group:
                staged.place()
            sync_folders({staged.folder for staged in group})
        _delete(seen.doomed, root)
        for staged in outcome:
            staged.place()
            sync_folders([staged.folder])


def _delete(paths: tuple[str, ...], root: Path) -> None:
    left: set[Path] = set()
    for path in paths:
        with refusing(path):
            (root / path).unlink(missing_ok=True)
        left.add(prune((root / path).parent, root))
    # A folder that one deletion left standing may have gone with the next.
    sync_folders(str(folder) for folder in left if folder.is_dir())
