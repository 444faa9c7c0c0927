"""The last good backup of a stack: in its state folder, where `status` finds it; `down --volumes` keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.stack.state import LAST_BACKUP, State


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When the backup was made (Unix seconds), and its file and bytes."""

    time: float
    path: str
    size: int


def remember(state: State, backup: LastBackup) -> None:
    """Write it to the state folder; raise OSError."""
    path = state.folder / LAST_BACKUP
    fresh = path.with_name(path.name + naming.TEMPORARY_SUFFIX)
    fresh.write_text(json.dumps(asdict(backup)) + "\n", encoding="utf-8")
    fresh.replace(path)


def last_backup(state: State) -> LastBackup | None:
    """Return it, or None if none was made or the file cannot be read."""
    try:
        found = json.loads((state.folder / LAST_BACKUP).read_text(encoding="utf-8"))
        return LastBackup(float(found["time"]), str(found["path"]), int(found["size"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_there(backup: LastBackup) -> bool:
    """Return whether its file is still where it was written, as large as it was; a copy elsewhere is not seen."""
    try:
        return Path(backup.path).stat().st_size >= backup.size
    except OSError:
        return False
