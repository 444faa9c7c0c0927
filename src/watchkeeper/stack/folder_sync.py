"""Make a folder contain exactly the given links, texts and copies, each replaced in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link to an absolute path."""

    target: Path


@dataclass(frozen=True, slots=True)
class Text:
    """A file of our own; `mode` is its permissions."""

    content: str
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a file, with its permissions and, where this user may give it, its group."""

    source: Path


Entry = Link | Text | Copy


def sync_folder(folder: Path, entries: Mapping[str, Entry]) -> None:
    """Make `folder` contain only these entries, by relative path; an entry that is already right is not touched."""
    wanted = {folder / path: entry for path, entry in entries.items()}
    for stray in _strays(folder, set(wanted)):
        shutil.rmtree(stray) if stray.is_dir() and not stray.is_symlink() else stray.unlink()
    for place, entry in wanted.items():
        if not _is_right(place, entry):
            place.parent.mkdir(parents=True, exist_ok=True)
            _put(place, entry)
    for each in (
        folder,
        *{parent for place in wanted for parent in place.parents if folder in parent.parents},
    ):
        # Containers read these folders as another user.
        each.chmod(0o755)


def digest(paths: Mapping[str, Path]) -> str:
    """Return a hash of the files under the given places, with links followed; a missing place changes it too."""
    total = hashlib.sha256()
    for name, place in sorted(paths.items()):
        for relative, file in _files(place):
            total.update(f"\0{name}\0{relative}\0".encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _files(place: Path) -> Iterator[tuple[str, Path]]:
    if place.is_file():
        yield "", place
    elif place.is_dir():
        for file in sorted(place.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(place).as_posix(), file


def _strays(folder: Path, wanted: set[Path]) -> list[Path]:
    folders = {parent for place in wanted for parent in place.parents}
    strays: list[Path] = []
    for path in sorted(folder.rglob("*")):
        kept = path in wanted or (path in folders and not path.is_symlink() and path.is_dir())
        if not kept and not any(stray in path.parents for stray in strays):
            strays.append(path)
    # A folder where a file or link belongs must go too.
    return strays + [place for place in wanted if place.is_dir() and not place.is_symlink()]


def _is_right(place: Path, entry: Entry) -> bool:
    match entry:
        case Link(target):
            return place.is_symlink() and place.readlink() == target
        case Text(content, mode):
            return _matches(place, content.encode(), mode)
        case Copy(source):
            return _matches(place, source.read_bytes(), source.stat().st_mode & 0o777)


def _matches(place: Path, content: bytes, mode: int) -> bool:
    if place.is_symlink() or not place.is_file():
        return False
    return place.stat().st_mode & 0o777 == mode and place.read_bytes() == content


def _put(place: Path, entry: Entry) -> None:
    fresh = place.with_name(place.name + naming.TEMPORARY_SUFFIX)
    fresh.unlink(missing_ok=True)
    match entry:
        case Link(target):
            fresh.symlink_to(target)
        case Text(content, mode):
            _write(fresh, content.encode(), mode)
        case Copy(source):
            found = source.stat()
            _write(fresh, source.read_bytes(), found.st_mode & 0o777)
            with contextlib.suppress(PermissionError):
                os.chown(fresh, -1, found.st_gid)
    fresh.replace(place)


def _write(place: Path, content: bytes, mode: int) -> None:
    # Never readable by more users than `mode` allows, not even briefly.
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o700)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(content)
        os.fchmod(descriptor, mode)
