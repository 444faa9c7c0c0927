"""A copy of Grafana's database, SQLite, with users and their preferences: dashboards and data sources are code.

While Grafana runs, SQLite's own backup reads a consistent state between two of its transactions. Otherwise the file is
copied with what a crash left beside it, and SQLite repairs the copy.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

DATABASE = "grafana.db"
_BESIDE = ("-journal", "-wal")
# Grafana may hold its lock for the whole migration after an upgrade.
_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.05
# SQLite's numbers for a lock of another process, and of another connection.
_LOCKED = frozenset({5, 6})


def copy_grafana(data: Path, target: Path, *, running: bool) -> str:
    """Copy the database into a new folder, if there is one; raise OSError.

    Returns a note when SQLite cannot read it, else an empty text: the rest of the backup is worth having.
    """
    source = data / DATABASE
    if not source.is_file():
        return ""
    target.mkdir()
    try:
        if running:
            _copy_live(source, target / DATABASE)
        else:
            for name in (DATABASE, *(DATABASE + suffix for suffix in _BESIDE)):
                if (data / name).is_file():
                    shutil.copyfile(data / name, target / name)
        _settle(target / DATABASE)
    except (sqlite3.Error, TimeoutError) as error:
        shutil.rmtree(target)
        return f"Grafana's users and preferences are not in the backup: {source}: {error}"
    return ""


def _copy_live(source: Path, target: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def step(status: int, _remaining: int, _total: int) -> None:
        # Python would try again for ever.
        if status in _LOCKED and time.monotonic() > deadline:
            raise TimeoutError(f"locked for {_PATIENCE_SECONDS:.0f} s")

    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=0)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        # All pages in one step, for which Grafana waits some milliseconds: with several, each write of Grafana in
        # between starts the copy again, and a busy one is never copied.
        live.backup(copy, pages=-1, progress=step, sleep=_PAUSE_SECONDS)


def _settle(copy: Path) -> None:
    """Put what is beside the copy into it, and require that it is a whole database; raise sqlite3.Error."""
    with closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA journal_mode=DELETE").fetchall()
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
