"""Backups in words and as documents for programs."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from watchkeeper.cli.text.table import Painter
from watchkeeper.overview.numbers_text import duration

if TYPE_CHECKING:
    from watchkeeper.backup.backup_manifest import Manifest
    from watchkeeper.model.duration import Duration
    from watchkeeper.stack.state import State

_WORDS = {"prometheus": "metrics", "alertmanager": "silences and notifications", "jaeger": "traces"}
_GRAFANA = {"grafana": "Grafana's users"}

_OLD_SECONDS = 7 * 86_400


def contents(manifest: Manifest) -> str:
    """Return of which stack a backup is, from when, and how much of what is in it."""
    from watchkeeper.backup.space import amount

    when = datetime.fromtimestamp(manifest.made_at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    parts = ", ".join(f"{words} {amount(manifest.size_of(part))}" for part, words in _words(manifest).items())
    return f"{manifest.stack}, {when}: {parts}"


def manifest_document(manifest: Manifest) -> dict[str, Any]:
    """Return what a backup contains, without its list of files; times are Unix seconds."""
    return {
        "made_at": manifest.made_at,
        "made_by": manifest.made_by,
        "mode": manifest.mode,
        "environment": manifest.stack.environment,
        "cluster": manifest.stack.cluster,
        "services": list(manifest.stack.services),
        "versions": dict(manifest.versions),
        "spec_sha256": manifest.spec_sha256,
        "notes": list(manifest.notes),
        "data_bytes": {part: manifest.size_of(part) for part in _words(manifest)},
    }


def _words(manifest: Manifest) -> dict[str, str]:
    """Return the words for each part that the backup can have."""
    return {**_WORDS, **_GRAFANA} if manifest.mode == "compose" else _WORDS


def last_backup_document(state: State) -> dict[str, Any] | None:
    """Return the last good backup of a stack for programs, or None if there is none."""
    from watchkeeper.backup.last_backup import is_there, last_backup

    found = last_backup(state)
    if found is None:
        return None
    return {"time": found.time, "path": found.path, "bytes": found.size, "is_there": is_there(found)}


def last_backup_line(state: State, paint: Painter, every: Duration | None = None) -> str:
    """Return the last good backup of a stack in one line, in yellow when it is overdue.

    `every` is how often the spec asks for one; without it, a week is the limit.
    """
    from watchkeeper.backup.space import amount
    from watchkeeper.plan.self_monitoring.own_alert import late_after

    found = last_backup_document(state)
    if found is None:
        return paint("Last backup: none; make one with `watchkeeper backup --out FILE`", "yellow")
    age = time.time() - found["time"]
    gone = "" if found["is_there"] else " (the file is gone from there)"
    line = f"Last backup: {duration(age)} ago, {amount(found['bytes'])}, {found['path']}{gone}"
    limit = _OLD_SECONDS if every is None else late_after(every)
    return paint(line, "yellow") if gone or age > limit else line
