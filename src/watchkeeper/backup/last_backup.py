"""The last good backup of a stack: in its state folder, where `status` finds it, and in a rule of Prometheus.

`down --volumes` keeps both.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.stack.state import LAST_BACKUP, State

_RULE = """\
# Written by `watchkeeper backup`: the time of the last good backup of the stack on this machine. Not rendered.
groups:
  - name: watchkeeper-last-backup
    rules:
      - record: {name}
        expr: vector({time})
"""


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


def remember_if_newer(state: State, backup: LastBackup) -> None:
    """Write it to the state folder unless a newer one is known; raise OSError."""
    known = last_backup(state)
    if known is None or known.time < backup.time:
        remember(state, backup)


def publish_last_backup(state: State, root: Path) -> None:
    """Write the rule file by which Prometheus knows the time of the last backup; raise OSError.

    Prometheus loads it within seconds. Without `backup_every` in the spec, no folder is rendered for it.
    """
    folder, found = root / naming.LAST_BACKUP, last_backup(state)
    if folder.is_dir() and found is not None:
        text = _RULE.format(name=naming.LAST_BACKUP_TIME, time=int(found.time))
        _write(folder / "last_backup.yml", text)


def _write(place: Path, text: str) -> None:
    """Replace a file that Prometheus' container reads as another user."""
    fresh = place.with_name(place.name + naming.TEMPORARY_SUFFIX)
    fresh.unlink(missing_ok=True)
    with fresh.open("x", encoding="utf-8") as stream:
        stream.write(text)
        os.fchmod(stream.fileno(), 0o644)
        # Root makes the backups of containers, in the folder of a user.
        if os.geteuid() == 0:
            owner = place.parent.stat()
            os.fchown(stream.fileno(), owner.st_uid, owner.st_gid)
    fresh.replace(place)


def last_backup(state: State) -> LastBackup | None:
    """Return it, or None if none was made or the file cannot be read."""
    try:
        found = json.loads((state.folder / LAST_BACKUP).read_text(encoding="utf-8"))
        made = LastBackup(float(found["time"]), str(found["path"]), int(found["size"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return made if math.isfinite(made.time) else None


def is_there(backup: LastBackup) -> bool:
    """Return whether its file is still where it was written, as large as it was; a copy elsewhere is not seen."""
    try:
        return Path(backup.path).stat().st_size >= backup.size
    except OSError:
        return False
