"""Root works on a user's state folder, as volumes of Docker require, and leaves nothing there that the user cannot change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchkeeper.stack.state import State


@contextmanager
def kept_by_owner(state: State) -> Iterator[None]:
    """Give what root makes in the state folder to the owner of the folder, or of the one it is made in."""
    there = next(each for each in (state.folder, *state.folder.parents) if each.is_dir()).stat()
    try:
        yield
    finally:
        if os.geteuid() == 0 and there.st_uid != 0 and state.folder.is_dir():
            _give(state.folder, there.st_uid, there.st_gid)


def _give(folder: Path, user: int, group: int) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid == 0:
            os.chown(path, user, group, follow_symlinks=False)
