"""Root file systems as lists of entries: packed into a tar with owners and modes of our choosing."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x[0-9a-f]+\)$")
_SKIPPED = frozenset({"__pycache__", "node_modules", ".git"})


class RootfsError(Exception):
    """An image cannot be packed from this machine; its text says what is missing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One path in the image: a copy of `source`, a link to `link`, the text `content`, or else a folder."""

    path: str
    source: Path | None = None
    link: str | None = None
    content: str | None = None
    mode: int = 0o755
    owner: int = 0


def tree(source: Path, *, at: str, leave_out: Iterable[str] = ()) -> Iterator[Entry]:
    """Yield the files below `source` as entries below `at`, byte code and what is named left out."""
    skipped = _SKIPPED | set(leave_out)
    for folder, folders, files in os.walk(source):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if name not in (skipped if here == source else _SKIPPED))
        for name in sorted(files):
            if here == source and name in skipped:
                continue
            file = here / name
            if file.is_file():  # A dangling link or a socket has no place in an image.
                inside = PurePosixPath(at) / file.relative_to(source).as_posix()
                yield Entry(str(inside), source=file, mode=0o755 if os.access(file, os.X_OK) else 0o644)


def with_libraries(binaries: Sequence[Path]) -> list[Entry]:
    """Return the shared libraries and loaders of the binaries, each at the path where it stands here."""
    listed = subprocess.run(
        ["ldd", *map(str, binaries)], check=False, capture_output=True, text=True, timeout=120
    ).stdout
    missing = sorted({line.split()[0] for line in listed.splitlines() if line.endswith("not found")})
    if missing:
        raise RootfsError(f"libraries that a binary needs are not on this machine: {', '.join(missing)}")
    found = {match.group(1) for line in listed.splitlines() if (match := _LIBRARY.search(line.strip()))}
    return [Entry(path, source=Path(path).resolve()) for path in sorted(found)]


def digest(entries: Iterable[Entry]) -> str:
    """Return a digest that changes with any path, owner, mode or byte of the entries."""
    total = hashlib.sha256()
    for entry in sorted(entries, key=lambda each: each.path):
        facts = (entry.path, entry.link, entry.content, entry.mode, entry.owner)
        total.update(repr(facts).encode())
        if entry.source is not None:
            total.update(hashlib.sha256(entry.source.read_bytes()).digest())
    return total.hexdigest()


def pack(entries: Iterable[Entry], *, into: Path) -> None:
    """Write the entries and the folders above them to the tar file `into`; the last of a path stands."""
    by_path = {entry.path: entry for entry in entries}
    parents = {str(parent) for path in by_path for parent in PurePosixPath(path).parents}
    folders = {path: Entry(path) for path in parents - {"/"}}
    with tarfile.open(into, "w", format=tarfile.PAX_FORMAT) as archive:
        for _, entry in sorted((folders | by_path).items()):
            _add(archive, entry)


def _add(archive: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path.lstrip("/"))
    info.mode, info.uid, info.gid = entry.mode, entry.owner, entry.owner
    if entry.source is not None:
        status = entry.source.stat()
        info.size, info.mtime = status.st_size, int(status.st_mtime)
        with entry.source.open("rb") as file:
            archive.addfile(info, file)
    elif entry.content is not None:
        body = entry.content.encode()
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    else:
        info.type = tarfile.DIRTYPE if entry.link is None else tarfile.SYMTYPE
        info.linkname = entry.link or ""
        archive.addfile(info)
