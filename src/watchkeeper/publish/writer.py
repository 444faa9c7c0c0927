"""Write a rendered set over the last one; a kill at any moment leaves each file whole."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.publish.compare import Comparison, compare, encode
from watchkeeper.publish.manifest import MANIFEST
from watchkeeper.publish.places import Places
from watchkeeper.publish.publish_lock import locked
from watchkeeper.publish.refusal import PublishRefused, refusing
from watchkeeper.publish.staging import make_folder, prune, remove_abandoned, staging, sync_folders


@dataclass(frozen=True, slots=True)
class Result:
    """What a publish did; `kept` are orphans left in place: edited by hand, or the ignore files of secrets."""

    written: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    kept: tuple[str, ...]


def publish(
    files: Mapping[str, str] | Iterator[tuple[str, str]], root: Path, *, listing: str = MANIFEST
) -> Result:
    """Make `files` (POSIX paths below `root`) the published set; atomic for each file, not for the set.

    Writes what differs, then deletes files that we wrote and no longer render, and touches nothing else.
    Takes pairs from an iterator one by one, so that their texts need not stay in memory. Waits while another
    process publishes to `root`. Raises PublishRefused, if possible before anything is written. `listing` is the
    path of the manifest, which says what is ours.
    """
    wanted = encode(files, listing)
    with refusing("."):
        make_folder(root, made=[])
    with locked(root, fcntl.LOCK_EX):
        seen = compare(wanted, root, listing)
        _refuse(seen, root)
        remove_abandoned(
            root, {path.split("/")[0] for path in (listing, *wanted, *seen.owned) if "/" in path}
        )
        _apply(seen, root)
    return Result(seen.stale, seen.deletable, len(seen.wanted) - len(seen.stale), seen.kept)


def _refuse(seen: Comparison, root: Path) -> None:
    foreign = f"there is a file that is not in {seen.listing}: move it away, or delete it to have it rendered"
    reasons = dict.fromkeys(seen.foreign, foreign)
    places = Places(root)
    for path in (*seen.stale, *seen.deletable, *([seen.listing] if seen.relisted else [])):
        if path not in reasons and places.unwritable(path):
            reasons[path] = "no permission to write to its folder"
    if reasons:
        raise PublishRefused(reasons)


def _apply(seen: Comparison, root: Path) -> None:
    # After a kill at any point, the manifest on disk must distinguish our files from others. So it is
    # written twice: first the intent, with the last set's hashes and the pending ones, and last the
    # outcome. Before the intent only temporary files exist. After it every path has old or new bytes,
    # and the next run counts a pending path as ours if the new ones are there (Manifest.owned). Orphans
    # are deleted between the two, so that a half-deleted set is still listed. The outcome is staged
    # with the rest, so that a full disk is noticed before the first rename.
    with staging(root) as stage:
        intent = [stage.add(seen.listing, seen.intent)] if seen.stale else []
        fresh = [stage.add(path, seen.wanted[path]) for path in seen.stale]
        outcome = [stage.add(seen.listing, seen.outcome, tag=".next")] if seen.stale or seen.relisted else []
        stage.sync()
        for group in (intent, fresh):
            for staged in group:
                staged.place()
            sync_folders({staged.folder for staged in group})
        _delete(seen.deletable, root)
        for staged in outcome:
            staged.place()
            sync_folders([staged.folder])


def _delete(paths: tuple[str, ...], root: Path) -> None:
    left: set[Path] = set()
    for path in paths:
        with refusing(path):
            (root / path).unlink(missing_ok=True)
        left.add(prune((root / path).parent, root))
    # A folder that one deletion kept may have been removed by the next.
    sync_folders(str(folder) for folder in left if folder.is_dir())
