"""Finds the files below a folder that match patterns, and never leaves that folder.

Each folder is opened relative to its parent and without following links, so that no link leads out, even when
somebody replaces a folder by a link while it is searched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

Pattern = tuple[str, ...]
MOST_LEVELS = 32
"""Folders that lie deeper are not searched."""
_ANY = "**"
_FOLDER = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)


class Selected(NamedTuple):
    """A regular file: the descriptor of its folder, its name there, its path below the root, its state."""

    folder: int
    name: str
    path: str
    found: os.stat_result


def parts_of(pattern: str) -> Pattern:
    """Return a pattern's parts; a last `**` means all files of all folders."""
    parts = tuple(pattern.split("/"))
    return (*parts, "*") if parts[-1] == _ANY else parts


def select(root: str, patterns: Sequence[str], failed: Callable[[str, OSError], None]) -> Iterator[Selected]:
    """Yield the files below `root` that match; `failed` gets each path that cannot be read.

    Raises OSError when `root` is no folder that can be read.
    """
    folder = os.open(root, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
    try:
        yield from _below(folder, "", [parts_of(pattern) for pattern in patterns], 0, failed)
    finally:
        os.close(folder)


def _below(
    folder: int, prefix: str, patterns: list[Pattern], level: int, failed: Callable[[str, OSError], None]
) -> Iterator[Selected]:
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        path = prefix + entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _inside(folder, entry.name, path, _after(patterns, entry.name), level + 1, failed)
            elif _matches(patterns, entry.name) and entry.is_file(follow_symlinks=False):
                yield Selected(folder, entry.name, path, entry.stat(follow_symlinks=False))
        except FileNotFoundError:  # somebody was faster
            continue
        except OSError as error:
            failed(path, error)


def _inside(
    parent: int,
    name: str,
    path: str,
    patterns: list[Pattern],
    level: int,
    failed: Callable[[str, OSError], None],
) -> Iterator[Selected]:
    if not patterns or level > MOST_LEVELS:
        return
    folder = os.open(name, _FOLDER, dir_fd=parent)
    try:
        yield from _below(folder, f"{path}/", patterns, level, failed)
    finally:
        os.close(folder)


def _matches(patterns: list[Pattern], name: str) -> bool:
    return any(len(rest) == 1 and _fits(name, rest[0]) for pattern in patterns for rest in _starts(pattern))


def _after(patterns: list[Pattern], name: str) -> list[Pattern]:
    """Return what remains of the patterns inside the folder of that name."""
    found: dict[Pattern, None] = {}
    for pattern in patterns:
        for rest in _starts(pattern):
            if rest[0] == _ANY:
                if not name.startswith("."):
                    found[rest] = None
            elif len(rest) > 1 and _fits(name, rest[0]):
                found[rest[1:]] = None
    return list(found)


def _starts(pattern: Pattern) -> Iterator[Pattern]:
    """Yield the pattern as it can begin here: each leading `**` may also stand for no folder."""
    yield pattern
    while pattern[0] == _ANY:
        pattern = pattern[1:]
        yield pattern


def _fits(name: str, part: str) -> bool:
    # As in a shell, a wildcard does not select hidden names.
    return fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))
