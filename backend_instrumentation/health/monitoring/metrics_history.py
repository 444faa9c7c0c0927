"""Keeps snapshots for a day: in memory, or in a SQLite file that survives a restart."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from ...guard import LOGGER
from ..checks import health_feed

DAY_SECONDS: Final = 86_400.0
MOST_SNAPSHOTS: Final = 10_000
"""How many are held in memory at most."""
MOST_IN_FILE: Final = 100_000
_BUSY_SECONDS: Final = 1.0
_TABLE: Final = "CREATE TABLE IF NOT EXISTS snapshots (time REAL NOT NULL, document TEXT NOT NULL)"
_INDEX: Final = "CREATE INDEX IF NOT EXISTS snapshots_by_time ON snapshots (time)"
_OLD: Final = "DELETE FROM snapshots WHERE time < ?"
_MANY: Final = (
    "DELETE FROM snapshots WHERE rowid IN (SELECT rowid FROM snapshots ORDER BY time DESC LIMIT -1 OFFSET ?)"
)
_SINCE: Final = "SELECT document FROM snapshots WHERE time >= ? ORDER BY time"


class MetricsHistory:
    """The snapshots of the last `seconds`, at most `most` of them, oldest first.

    A file that cannot be used is one warning, and the history is in memory. No method raises.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | None = None,
        *,
        seconds: float = DAY_SECONDS,
        most: int = MOST_SNAPSHOTS,
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._lock = threading.Lock()
        self._memory: deque[tuple[float, str]] = deque(maxlen=min(most, MOST_SNAPSHOTS))
        self._file: sqlite3.Connection | None = None
        if file is not None:
            self._file = _opened(os.fspath(file))

    @property
    def durable(self) -> bool:
        """Whether snapshots are written to a file."""
        return self._file is not None

    def add(self, snapshot: Mapping[str, Any]) -> None:
        """Keep a snapshot; its `time` is in seconds since the epoch."""
        try:
            moment, text = float(snapshot["time"]), json.dumps(snapshot, default=str)
            with self._lock:
                if self._file is None or not self._written(self._file, moment, text):
                    self._memory.append((moment, text))
        except Exception:
            health_feed.GUARD.note("keeping a snapshot of the metrics")

    def _written(self, file: sqlite3.Connection, moment: float, text: str) -> bool:
        try:
            with file:
                file.execute("INSERT INTO snapshots VALUES (?, ?)", (moment, text))
                file.execute(_OLD, (time.time() - self._seconds,))
                file.execute(_MANY, (self._most,))
        except sqlite3.Error:  # the disk is full, or the file is gone
            health_feed.GUARD.note("writing a snapshot of the metrics")
            return False
        return True

    def since(self, seconds: float = DAY_SECONDS) -> list[dict[str, Any]]:
        """Return the snapshots of the last `seconds`, oldest first."""
        start = time.time() - min(seconds, self._seconds)
        with self._lock:
            texts = [text for moment, text in self._memory if moment >= start]
            if self._file is not None:
                texts = [*self._read(self._file, start), *texts]
        return [json.loads(text) for text in texts]

    def _read(self, file: sqlite3.Connection, start: float) -> list[str]:
        try:
            return [text for (text,) in file.execute(_SINCE, (start,))]
        except sqlite3.Error:
            health_feed.GUARD.note("reading the snapshots of the metrics")
            return []

    def close(self) -> None:
        """Close the file; what is added later stays in memory. Safe twice."""
        with self._lock:
            file, self._file = self._file, None
            if file is not None:
                file.close()


def _opened(path: str) -> sqlite3.Connection | None:
    file: sqlite3.Connection | None = None
    try:
        file = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False)
        with file:
            file.execute(_TABLE)
            file.execute(_INDEX)
    except sqlite3.Error as error:
        LOGGER.warning("%s cannot hold the history of the metrics, it stays in memory: %s", path, error)
        if file is not None:
            file.close()
        return None
    return file
