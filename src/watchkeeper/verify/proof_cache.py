"""The cache of proofs: which have passed, by their content, and the files that promtool is running or has failed."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from watchkeeper.toolchain import Tool, cache_root

# Nobody waits for what was not used for so long; proofs that failed are kept for whoever repairs them.
_FORGOTTEN_AFTER_SECONDS = 30 * 86_400
_PRIVATE = 0o700


def key_of(tool: Tool, *parts: str) -> str:
    """Return what a verdict depends on, as one word."""
    stat = tool.path.stat()
    digest = hashlib.sha256()
    for part in (f"{tool.version} {stat.st_size} {stat.st_mtime_ns}", *parts):
        digest.update(hashlib.sha256(part.encode("utf-8", "surrogateescape")).digest())
    return digest.hexdigest()


def recall(key: str) -> str | None:
    """Return the note about exactly this; None where it has not passed before."""
    place = _place(key)
    try:
        os.utime(place)
        return place.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def remember(key: str, note: str = "") -> None:
    """Note that this passed; a cache that cannot be written costs nothing but time."""
    place = _place(key)
    with suppress(OSError):
        place.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        _write(place, note)


@contextmanager
def written(text: str, name: str) -> Iterator[Path]:
    """Lend a file with this text in a folder of its own; it stays afterwards until it is forgotten or discarded."""
    folder = cache_root() / "proofs" / "files" / hashlib.sha256(text.encode()).hexdigest()
    try:
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        path = folder / name
        _write(path, text)
    except OSError:
        with tempfile.TemporaryDirectory(prefix="watchkeeper-") as other:
            path = Path(other) / name
            path.write_text(text, encoding="utf-8")
            yield path
        return
    yield path


def discard(path: Path) -> None:
    """Delete a file that `written` lent, with its folder."""
    with suppress(OSError):
        path.unlink()
        path.parent.rmdir()


def forget() -> None:
    """Delete what no run has used for a month, and what killed runs left."""
    oldest = time.time() - _FORGOTTEN_AFTER_SECONDS
    for folder, _, names in os.walk(cache_root() / "proofs", topdown=False):
        for name in names:
            with suppress(OSError):
                if (place := Path(folder, name)).stat().st_mtime < oldest:
                    place.unlink()
        with suppress(OSError):
            Path(folder).rmdir()


def _write(path: Path, text: str) -> None:
    """Write a file whole: another run with the same text may be reading it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _place(key: str) -> Path:
    return cache_root() / "proofs" / key[:2] / key
