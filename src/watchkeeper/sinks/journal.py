"""Every delivery, permanently on disk and within bounds in memory."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Collection
from pathlib import Path

from watchkeeper.sinks.delivery import CHANNELS, Channel, Delivery
from watchkeeper.sinks.delivery_history import History

# One heartbeat a minute fills this in about three weeks; one older file is kept.
MAX_FILE_BYTES = 32 << 20


class Journal:
    """An append-only file of JSON lines with a bounded memory of the latest."""

    def __init__(self, path: Path) -> None:
        """Open ``path`` for appending, creating it and its folder; raise OSError when that is impossible."""
        self._path = path
        self._history = History()
        self._last = 0.0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._open()

    def stamp(self) -> float:
        """Return the time now in Unix seconds, always later than the time returned before."""
        self._last = max(round(time.time(), 6), round(self._last + 1e-6, 6))
        return self._last

    def record(self, delivery: Delivery) -> None:
        """Keep the delivery in memory and append it to the file; on a full disk only the file's line is lost."""
        line = delivery.to_json()
        self._history.add(delivery.channel, received=delivery.received, line=line)
        try:
            self._append(line.encode("ascii") + b"\n")
        except OSError as error:
            print(f"sinks: cannot write {self._path}: {error.strerror}", file=sys.stderr, flush=True)

    def lines(self, *, since: float = 0.0, channels: Collection[Channel] = CHANNELS) -> list[str]:
        """Return the remembered deliveries received at ``since`` or later, oldest first, as JSON lines."""
        return self._history.lines(since=since, channels=channels)

    def counts(self) -> dict[Channel, int]:
        """Return how many deliveries of each channel are remembered."""
        return self._history.counts()

    def forget(self) -> int:
        """Empty the memory, leave the file, and return how many deliveries were forgotten."""
        return self._history.clear()

    def close(self) -> None:
        """Close the file; the journal accepts no more deliveries."""
        os.close(self._file)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _append(self, data: bytes) -> None:
        if os.fstat(self._file).st_size + len(data) > MAX_FILE_BYTES:
            self._rotate()
        while data:
            data = data[os.write(self._file, data) :]

    def _rotate(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # Somebody cleared the folder: start a new file.
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        full, self._file = self._file, self._open()
        os.close(full)
