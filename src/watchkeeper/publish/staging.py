"""Temporary files in their targets' folders: written and synced first, then renamed into place one by one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.naming import TEMPORARY_SUFFIX
from watchkeeper.publish.durable import sync
from watchkeeper.publish.refusal import refusing

_TEMP = re.compile(rf"\..+\.(?P<pid>[0-9]+){re.escape(TEMPORARY_SUFFIX)}")
# Containers run as users of their own and must be able to read what was published, whatever the umask.
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755


@dataclass(frozen=True, slots=True)
class Staged:
    """A complete file that waits in its target's folder."""

    path: str
    folder: str
    temp: str
    target: str

    def place(self) -> None:
        """Rename the file over its target: a reader sees the old file or the new one, whole."""
        with refusing(self.path):
            os.replace(self.temp, self.target)  # noqa: PTH105 - the one call that makes each file atomic


class Staging:
    """Everything that was staged below `root`; in the end it is discarded in any case."""

    def __init__(self, root: Path) -> None:
        """Start empty."""
        self._root = str(root)
        self._staged: list[Staged] = []
        self._made: list[Path] = []
        self._folders: set[str] = set()

    def add(self, path: str, content: bytes, *, tag: str = "") -> Staged:
        """Write `content` into its target's folder; `tag` distinguishes two files for one target."""
        folder, _, name = f"{self._root}/{path}".rpartition("/")
        temp = f"{folder}/.{name}{tag}.{os.getpid()}{TEMPORARY_SUFFIX}"
        staged = Staged(path, folder, temp, f"{folder}/{name}")
        with refusing(path):
            if folder not in self._folders:
                make_folder(Path(folder), made=self._made)
                self._folders.add(folder)
            self._staged.append(staged)
            _write(staged.temp, content)
        return staged

    def sync(self) -> None:
        """Sync every staged file to the disk."""
        if not self._staged:
            return
        sync({staged.temp: staged.path for staged in self._staged})
        sync_folders({str(folder.parent) for folder in self._made})

    def discard(self) -> None:
        """Delete the files that were not placed, and the empty folders made for them."""
        for staged in self._staged:
            with suppress(OSError):
                os.unlink(staged.temp)  # noqa: PTH108 - thousands of them
        for folder in reversed(self._made):
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def staging(root: Path) -> Iterator[Staging]:
    """Stage files below `root`; at the end only placed files are left."""
    stage = Staging(root)
    try:
        yield stage
    finally:
        stage.discard()


def make_folder(folder: Path, *, made: list[Path]) -> None:
    """Create `folder` and those above it, readable by all, and add each to `made`."""
    if folder.is_dir():
        return
    make_folder(folder.parent, made=made)
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    made.append(folder)
    folder.chmod(_FOLDER_MODE)


def prune(folder: Path, root: Path) -> Path:
    """Remove `folder` and those above it as long as they are empty; return the first that stays."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            break
        folder = folder.parent
    return folder


def sync_folders(folders: Iterable[str]) -> None:
    """Sync the entries of these folders to the disk."""
    sync({folder: folder for folder in sorted(folders)})


def remove_abandoned(root: Path, tops: Iterable[str]) -> None:
    """Delete the temporary files of dead processes in `root` and all through its folders `tops`."""
    temps = [*root.glob(f".*{TEMPORARY_SUFFIX}")]
    for top in tops:
        for folder, _, names in os.walk(root / top):
            temps += [Path(folder, name) for name in names if name.endswith(TEMPORARY_SUFFIX)]
    for temp in filter(_abandoned, temps):
        with suppress(OSError):
            temp.unlink()
            prune(temp.parent, root)


def _abandoned(temp: Path) -> bool:
    match = _TEMP.fullmatch(temp.name)
    if match is None:
        return False
    pid = int(match["pid"])
    # The caller holds the root's lock and has staged nothing yet, so a file with its own pid is from a dead
    # process: in containers the same few pids occur again and again.
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _write(temp: str, content: bytes) -> None:
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        os.fchmod(descriptor, _FILE_MODE)
        left = memoryview(content)
        while left:
            left = left[file.write(left) :]
