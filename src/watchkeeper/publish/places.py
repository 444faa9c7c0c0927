"""Where a rendered file may stand: inside the root, on nothing or on a plain file."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from watchkeeper.emit.characters import UNSEEN

TEMP_SUFFIX = ".wk-tmp"


def path_problem(path: str) -> str | None:
    """Return why `path` is no relative POSIX path of a file below the root, or None."""
    parts = path.split("/")
    if path.startswith("/"):
        return "the path is absolute: it must be relative to the root"
    if ".." in parts:
        return "the path leads outside the root through .."
    if "" in parts or "." in parts:
        return "the path is not in its shortest form"
    if "\\" in path or UNSEEN.search(path):
        return "the path holds a backslash or a character that cannot be seen"
    if path.endswith(TEMP_SUFFIX):
        return f"names ending in {TEMP_SUFFIX} are kept for files that are being written"
    return None


def nesting_problems(paths: Collection[str]) -> dict[str, str]:
    """Return the paths that would have to be a file and a folder at once."""
    folders = {str(folder) for path in paths for folder in PurePosixPath(path).parents}
    return {path: "the path is rendered both as a file and as a folder" for path in paths if path in folders}


def place_problem(root: Path, path: str) -> str | None:
    """Return why no file can stand at `path` as things are on disk, or None."""
    folder = root
    for part in PurePosixPath(path).parts[:-1]:
        folder = folder / part
        if folder.is_symlink() and not _inside(root, folder):
            return f"the path leads outside the root through the symbolic link {folder.relative_to(root)}"
        if not os.path.lexists(folder):
            return None
        if not folder.is_dir():
            return f"{folder.relative_to(root)} is a file where a folder should be: move it away"
    return _target_problem(root / path)


def unwritable(root: Path, path: str) -> bool:
    """Tell whether this user may not add, replace or delete `path` in its folder."""
    folder = (root / path).parent
    while not folder.exists() and folder != root:
        folder = folder.parent
    return not os.access(folder, os.W_OK | os.X_OK)


def real(root: Path, path: str) -> str:
    """Return the place of `path` with the symbolic links of its folders followed."""
    target = root / path
    return os.path.join(os.path.realpath(target.parent), target.name)  # noqa: PTH118 - compared, never opened


def _inside(root: Path, folder: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def _target_problem(target: Path) -> str | None:
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        return "a directory stands where the file should be: move it away"
    if stat.S_ISLNK(mode):
        return "a symbolic link stands where the file should be: remove it"
    return None if stat.S_ISREG(mode) else "something that is no plain file stands there: move it away"
