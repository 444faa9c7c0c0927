"""Hand files to the writer and release each text as soon as it is taken, so that a large render is in memory once."""

from __future__ import annotations

from collections.abc import Iterator


def release(files: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each path with its text, and remove it from `files`."""
    for path in list(files):
        yield path, files.pop(path)
