"""Exchange the folders of several volumes: a crash at any moment leaves the old ones, or a journal that finishes the new.

The new folder of a volume lies beside the old one. Once the journal is on the disk the new ones are the data: what is
missing is renamed by the next command, and nothing is undone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from watchkeeper import naming
from watchkeeper.publish.durable import sync_names
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import RESTORE_JOURNAL, State

_NEW, _OLD = "restore.wk-new", "restore.wk-old"


def new_place(folder: Path) -> Path:
    """Return where the new folder of a volume waits for its exchange."""
    return folder.with_name(_NEW)


def discard(folder: Path) -> None:
    """Remove what a crash left beside the folder of a volume; only without a journal, which would need it."""
    for name in (_NEW, _OLD):
        shutil.rmtree(folder.with_name(name), ignore_errors=True)


def exchange_volumes(state: State, folders: Sequence[Path]) -> None:
    """Put the waiting new folders in the place of the old ones; raise OSError.

    After an error `is_interrupted` tells whether the new ones already are the data.
    """
    journal = state.folder / RESTORE_JOURNAL
    fresh = journal.with_name(journal.name + naming.TEMPORARY_SUFFIX)
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump({"folders": [str(each) for each in folders]}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    for folder in folders:
        sync_names(folder.parent)
    fresh.replace(journal)
    sync_names(state.folder)
    _finish(journal, folders)


def is_interrupted(state: State) -> bool:
    """Return whether a restore into volumes was interrupted after its data had become the valid one."""
    return (state.folder / RESTORE_JOURNAL).exists()


def finish_exchange(state: State, progress: Progress, *, running: bool) -> None:
    """Finish an exchange that was interrupted, if there is one, and say so; raise StackError when that is impossible."""
    journal = state.folder / RESTORE_JOURNAL
    if not is_interrupted(state):
        return
    try:
        folders = [Path(each) for each in json.loads(journal.read_text(encoding="utf-8"))["folders"]]
        if running and any(os.path.lexists(new_place(each)) for each in folders):
            raise StackError(
                "a restore was interrupted, and containers run on a part of it: run `watchkeeper down`, then this again"
            )
        _finish(journal, folders)
    except (ValueError, KeyError, TypeError) as error:
        raise StackError(f"{journal} cannot be read ({error}): restore the backup again") from error
    except OSError as error:
        raise StackError(
            f"a restore was interrupted and cannot be finished: {error.filename}: {error.strerror}; "
            "run this as the user who restored, such as root"
        ) from error
    progress.say("finished the restore that was interrupted: the volumes have the data of the backup")


def _finish(journal: Path, folders: Sequence[Path]) -> None:
    for folder in folders:
        _exchange(folder)
    for folder in folders:
        shutil.rmtree(folder.with_name(_OLD), ignore_errors=True)
    journal.unlink(missing_ok=True)
    sync_names(journal.parent)


def _exchange(folder: Path) -> None:
    """Take the step that is missing, by what is there: the new folder waits until it has the name."""
    fresh, old = new_place(folder), folder.with_name(_OLD)
    # A mode may hide it from this user: that is no folder without a new one.
    if not _is_there(fresh):
        return
    if _is_there(folder):
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    fresh.rename(folder)
    sync_names(folder.parent)


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
