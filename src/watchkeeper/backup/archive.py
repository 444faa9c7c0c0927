"""The file of a backup: a tar archive whose first member is the manifest, then the files in the order of the manifest.

Nothing of it is extracted by name: the next member must be the next file of the manifest, so links, devices and paths
that leave the folder have no way in.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO

from watchkeeper.backup.backup_manifest import NAME, BadBackup, Manifest, StoredFile, parse, to_bytes

_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 << 20
_TRUNCATED = "it ends too early: it was cut off while it was written or copied"

Step = Callable[[int], None]


def write_archive(stream: BinaryIO, manifest: Manifest, sources: Mapping[str, Path]) -> None:
    """Write the manifest and its files; raise OSError, also when a file changed since it was listed."""
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        text = to_bytes(manifest)
        archive.addfile(_member(NAME, len(text), manifest), io.BytesIO(text))
        for each in manifest.files:
            with sources[each.path].open("rb") as source:
                archive.addfile(_member(each.path, each.size, manifest), source)


def _member(path: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.size, member.mode, member.mtime = size, 0o600, int(manifest.made_at)
    return member


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a backup; raise BadBackup, or OSError if the file cannot be read."""
    with _opened(path) as archive:
        return _first(archive)


def read_archive(path: Path, *, into: Path | None = None, step: Step | None = None) -> Manifest:
    """Read every byte of a backup, compare it with the manifest, and write its files below a new folder if wanted.

    Raises BadBackup or OSError; what was written until then is of no use. `step` is called with the bytes of each piece.
    """
    with _opened(path) as archive:
        manifest = _first(archive)
        for each in manifest.files:
            source = _next(archive, each)
            _take(source, each, into / each.path if into else None, step or (lambda _: None))
        _require_end(archive)
    return manifest


class _opened:  # noqa: N801 - a context manager, used as a function
    """A tar archive for reading, with the errors of the format as BadBackup."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> tarfile.TarFile:
        self._file = self._path.open("rb")
        try:
            self._archive = tarfile.open(fileobj=self._file, mode="r:")
        except tarfile.TarError as error:
            self._file.close()
            raise BadBackup("it is no backup: watchkeeper writes tar archives") from error
        except BaseException:
            self._file.close()
            raise
        return self._archive

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._archive.close()
        self._file.close()
        # tarfile reports some damaged headers as ValueError.
        if isinstance(error, tarfile.TarError | EOFError | ValueError | OverflowError):
            raise BadBackup(_TRUNCATED) from error


def _first(archive: tarfile.TarFile) -> Manifest:
    member = archive.next()
    if member is None or member.name != NAME or not member.isreg():
        raise BadBackup("it is no backup: its first file is no manifest")
    if member.size > _LARGEST_MANIFEST:
        raise BadBackup("its manifest is too large")
    source = archive.extractfile(member)
    text = source.read() if source else b""
    if len(text) != member.size:
        raise BadBackup(_TRUNCATED)
    return parse(text)


def _next(archive: tarfile.TarFile, wanted: StoredFile) -> IO[bytes]:
    member = archive.next()
    if member is None:
        raise BadBackup(_TRUNCATED)
    # Only its type says that it is a plain file: a sparse one would be larger than its bytes.
    is_plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
    source = archive.extractfile(member) if is_plain else None
    if source is None or member.name != wanted.path or member.size != wanted.size:
        raise BadBackup(f"it has {member.name!a} where its manifest has the file {wanted.path}")
    return source


def _take(source: IO[bytes], wanted: StoredFile, target: Path | None, step: Step) -> None:
    total, read = sha256(), 0
    output = _create(target) if target else None
    try:
        for piece in _pieces(source):
            total.update(piece)
            read += len(piece)
            if output:
                output.write(piece)
            step(len(piece))
    finally:
        if output:
            output.close()
    if read != wanted.size:
        raise BadBackup(_TRUNCATED)
    if total.hexdigest() != wanted.sha256:
        raise BadBackup(f"{wanted.path} was changed or is damaged: its SHA-256 is not that of the manifest")


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(_CHUNK):
        yield piece


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")  # noqa: PTH123


def _require_end(archive: tarfile.TarFile) -> None:
    if archive.next() is not None:
        raise BadBackup("it has more files than its manifest")
    file = archive.fileobj
    if file is None:
        return
    file.seek(archive.offset)
    while piece := file.read(_CHUNK):
        if piece.strip(b"\0"):
            raise BadBackup("something else follows its last file")
