"""Where a rendered file may be written: inside the root, as a new file or over a regular file."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

from watchkeeper.emit.characters import UNSEEN
from watchkeeper.naming import TEMPORARY_SUFFIX
from watchkeeper.publish.refusal import refusing


def path_problem(path: str) -> str | None:
    """Return why `path` is not a relative POSIX path of a file below the root, or None."""
    parts = path.split("/")
    if path.startswith("/"):
        return "the path is absolute: it must be relative to the root"
    if ".." in parts:
        return "the path leads outside the root through .."
    if "" in parts or "." in parts:
        return "the path is not in its shortest form"
    if "\\" in path or UNSEEN.search(path):
        return "the path contains a backslash or an invisible character"
    if path.endswith(TEMPORARY_SUFFIX):
        return f"names ending in {TEMPORARY_SUFFIX} are reserved for files that are being written"
    return None


def nesting_problems(paths: Collection[str]) -> dict[str, str]:
    """Return the paths that would have to be a file and a folder at once."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return {path: "the path is rendered both as a file and as a folder" for path in paths if path in folders}


class Places:
    """The places below one root as they are now; each folder is checked once for all its files."""

    def __init__(self, root: Path) -> None:
        """Check nothing yet."""
        self._root = root
        self._folders: dict[str, tuple[str | None, bool]] = {"": (None, True)}
        self._real: dict[str, str] = {}
        self._unwritable: dict[str, bool] = {}

    def problem(self, path: str) -> str | None:
        """Return why no file can be written at `path` with the current disk, or None; raise OSError."""
        problem, exists = self._folder(path.rpartition("/")[0])
        return _target_problem(f"{self._root}/{path}") if exists else problem

    def content(self, path: str) -> bytes | None:
        """Return the bytes of the file at `path`, or None; raise OSError."""
        if not self._folder(path.rpartition("/")[0])[1]:
            return None
        try:
            with open(f"{self._root}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 - thousands of them
                return file.readall()
        except FileNotFoundError:
            return None

    def real(self, path: str) -> str:
        """Return the place of `path` with the symbolic links of its folders followed."""
        folder, _, name = path.rpartition("/")
        if folder not in self._real:
            self._real[folder] = os.path.realpath(self._root / folder)
        return f"{self._real[folder]}/{name}"

    def guards(self, path: str, ours: Collection[str]) -> bool:
        """Return whether `path` is an ignore file in a folder that has files of others."""
        folder, _, name = path.rpartition("/")
        if name != ".gitignore" or not self._folder(folder)[1]:
            return False
        with refusing(path):
            found = {f"{folder}/{each.name}" for each in (self._root / folder).iterdir()}
        # Entries of the folder are files of ours, or folders that have some.
        inside = (each.removeprefix(f"{folder}/") for each in ours if each.startswith(f"{folder}/"))
        return not found <= {f"{folder}/{each.partition('/')[0]}" for each in inside}

    def unwritable(self, path: str) -> bool:
        """Return whether this user cannot add, replace or delete `path` in its folder."""
        folder = path.rpartition("/")[0]
        if folder not in self._unwritable:
            self._unwritable[folder] = not _lets_write(self._root / folder, self._root)
        return self._unwritable[folder]

    def _folder(self, folder: str) -> tuple[str | None, bool]:
        """Return why no file can be written in `folder`, or None, and whether the folder exists."""
        known = self._folders.get(folder)
        if known is None:
            above = self._folder(folder.rpartition("/")[0])
            known = self._folders[folder] = self._check(folder) if above[1] else above
        return known

    def _check(self, folder: str) -> tuple[str | None, bool]:
        there = self._root / folder
        if there.is_symlink() and not _inside(self._root, there):
            return f"the path leads outside the root through the symbolic link {folder}", False
        if not os.path.lexists(there):
            return None, False
        if not there.is_dir():
            return f"{folder} is a file where a folder should be: move it away", False
        return None, True


def _lets_write(folder: Path, root: Path) -> bool:
    while not folder.exists() and folder != root:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def _inside(root: Path, folder: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def _target_problem(target: str) -> str | None:
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        return "there is a folder where the file should be: move it away"
    if stat.S_ISLNK(mode):
        return "there is a symbolic link where the file should be: remove it"
    return None if stat.S_ISREG(mode) else "there is something other than a regular file: move it away"
