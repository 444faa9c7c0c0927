"""Compare the disk with what was rendered: `diff` shows the result and `publish` acts on it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from watchkeeper.publish import manifest
from watchkeeper.publish.manifest import MANIFEST, digest
from watchkeeper.publish.places import Places, nesting_problems, path_problem
from watchkeeper.publish.publish_lock import locked
from watchkeeper.publish.refusal import PublishRefused, refusing

Kind = Literal["missing", "changed", "orphaned"]


@dataclass(frozen=True, slots=True)
class Change:
    """One file that publishing would create, rewrite or delete, with a unified diff from disk to render."""

    path: str
    kind: Kind
    diff: str


@dataclass(frozen=True)
class Comparison:
    """Every decision of a publish: `wanted` was rendered, `found` is on disk, `owned` is ours by hash.

    `listed` is the content of the manifest at `listing`.
    """

    wanted: Mapping[str, bytes]
    found: Mapping[str, bytes]
    owned: Mapping[str, str]
    listed: bytes | None
    listing: str = MANIFEST
    guarding: frozenset[str] = frozenset()
    """Ignore files in folders that have files of others: without them, git would offer old secrets."""

    @cached_property
    def stale(self) -> tuple[str, ...]:
        """Return the paths to write: missing ones and those whose content differs, edited by hand or not."""
        return tuple(path for path in sorted(self.wanted) if self.found.get(path) != self.wanted[path])

    @cached_property
    def foreign(self) -> tuple[str, ...]:
        """Return the paths to write where there is a file that is not ours."""
        return tuple(path for path in self.stale if path in self.found and path not in self.owned)

    @cached_property
    def orphans(self) -> tuple[str, ...]:
        """Return files of ours that are no longer rendered."""
        return tuple(sorted(path for path in self.owned if path in self.found and path not in self.wanted))

    @cached_property
    def edited(self) -> tuple[str, ...]:
        """Return the orphans that were edited by hand, which we do not delete."""
        return tuple(path for path in self.orphans if digest(self.found[path]) != self.owned[path])

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """Return the orphans that we do not delete."""
        return tuple(path for path in self.orphans if path in self.edited or path in self.guarding)

    @cached_property
    def deletable(self) -> tuple[str, ...]:
        """Return the orphans that are unchanged since we wrote them and guard nothing."""
        return tuple(path for path in self.orphans if path not in self.kept)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Return the hashes of the rendered files."""
        return {path: str(digest(content)) for path, content in self.wanted.items()}

    @cached_property
    def intent(self) -> bytes:
        """Return the manifest to write before the first file is replaced."""
        pending = {path: self.hashes[path] for path in self.stale}
        return manifest.write(self.owned, pending=pending)

    @cached_property
    def outcome(self) -> bytes:
        """Return the manifest to write last; an orphan that is kept stays listed until it is deleted."""
        return manifest.write({**self.hashes, **{path: self.owned[path] for path in self.kept}})

    @cached_property
    def relisted(self) -> bool:
        """Return whether the manifest on disk differs from the one to write last."""
        return self.listed != self.outcome


def encode(files: Mapping[str, str] | Iterator[tuple[str, str]], listing: str = MANIFEST) -> dict[str, bytes]:
    """Return the bytes to publish; raise PublishRefused for paths and texts that no root accepts."""
    wanted: dict[str, bytes] = {}
    reasons: dict[str, str] = {}
    for path, text in files.items() if isinstance(files, Mapping) else files:
        problem = f"{listing} is the writer's own" if path == listing else path_problem(path)
        if problem is not None:
            reasons[path] = problem
        try:
            wanted[path] = text.encode("utf-8")
        except UnicodeEncodeError:
            reasons[path] = "the text contains half a surrogate pair and cannot be written as UTF-8"
    reasons = nesting_problems({*wanted, *reasons}) | reasons
    if reasons:
        raise PublishRefused(reasons)
    return wanted


def compare(wanted: Mapping[str, bytes], root: Path, listing: str = MANIFEST) -> Comparison:
    """Read the disk and decide; raise PublishRefused where no file can be written or read."""
    places = Places(root)
    listed = _read(places, [listing]).get(listing)
    known = manifest.read(listed, listing)
    found = _read(places, wanted)
    taken = _taken(places, wanted, listing)
    orphans = {*known.files, *known.pending}.difference(wanted)
    found.update(_read(places, [path for path in orphans if _is_ours_still(places, path, taken)]))
    owned = known.owned(found)
    guarding = {path for path in orphans if places.guards(path, {*wanted, *owned})}
    return Comparison(wanted, found, owned, listed, listing, frozenset(guarding))


def diff(files: Mapping[str, str], root: Path, *, listing: str = MANIFEST) -> list[Change]:
    """Return what `publish` would change, sorted by path; an empty list when it would write nothing.

    The manifest is listed only when nothing else is, and an orphan edited by hand as long as it exists.
    Raises PublishRefused where no file can be written or read.
    """
    wanted = encode(files, listing)
    seen = Comparison(wanted, {}, {}, None, listing)
    if root.exists():
        with locked(root, fcntl.LOCK_SH):
            seen = compare(wanted, root, listing)
    paths = sorted((*seen.stale, *seen.orphans))
    if not paths and seen.relisted:
        return [_change(listing, seen.listed, seen.outcome)]
    return [_change(path, seen.found.get(path), wanted.get(path)) for path in paths]


def _read(places: Places, paths: Iterable[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    reasons: dict[str, str] = {}
    for path in paths:
        try:
            content = _content(places, path)
        except PublishRefused as refused:
            reasons.update(refused.reasons)
            continue
        if content is not None:
            found[path] = content
    if reasons:
        raise PublishRefused(reasons)
    return found


def _content(places: Places, path: str) -> bytes | None:
    with refusing(path):
        problem = places.problem(path)
        if problem is not None:
            raise PublishRefused({path: problem})
        return places.content(path)


def _taken(places: Places, paths: Iterable[str], listing: str) -> set[str]:
    """Return the real places of the files; raise PublishRefused if two are one through a symbolic link."""
    first: dict[str, str] = {places.real(listing): listing}
    reasons: dict[str, str] = {}
    for path in paths:
        other = first.setdefault(places.real(path), path)
        if other != path:
            reasons[path] = f"through a symbolic link this is the same file as {other}"
    if reasons:
        raise PublishRefused(reasons)
    return set(first)


def _is_ours_still(places: Places, path: str, taken: set[str]) -> bool:
    """Return whether the listed `path` is a regular file and not, through a symbolic link, a rendered one."""
    with refusing(path):
        return places.problem(path) is None and places.real(path) not in taken


def _change(path: str, old: bytes | None, new: bytes | None) -> Change:
    from watchkeeper.publish.unified_diff import unified_diff

    kind: Kind = "missing" if old is None else "orphaned" if new is None else "changed"
    return Change(path, kind, unified_diff(path, old, new))
