"""Counts what the log monitors lost, by part; the first loss of each part is logged, and nothing here raises."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

from ...guard import LOGGER

WRITER: Final = "log_writer"
"""A record that did not reach the file."""
FIELD: Final = "log_field"
"""A field that was replaced or cut: not a number, not serializable, or too long."""
ROTATION: Final = "log_rotation"
COMPRESSION: Final = "log_compression"
CLEANER: Final = "log_cleaner"
METRICS: Final = "log_metrics"
"""A record that reached the file but not the metrics."""
PARTS: Final = (WRITER, FIELD, ROTATION, COMPRESSION, CLEANER, METRICS)

Listener = Callable[[str, int], object]

_counts: Final[dict[str, int]] = {}
_logged: Final[set[str]] = set()
_listeners: Final[list[Listener]] = []
_lock = threading.RLock()


def lost(part: str, why: object = None) -> None:
    """Count one loss of that part, and log the first with its reason."""
    try:
        with _lock:
            _counts[part] = _counts.get(part, 0) + 1
            first = part not in _logged
            _logged.add(part)
            listeners = tuple(_listeners)
        if first:
            LOGGER.warning(
                "%s: %s; the service goes on, further losses are only counted", part, why or "lost"
            )
        for listener in listeners:
            listener(part, 1)
    except Exception:  # noqa: S110 - a failing counter or log handler must not reach the service
        pass


def losses() -> dict[str, int]:
    """Return how many losses each part has counted in this process; parts without a loss are absent."""
    with _lock:
        return dict(_counts)


def listen(listener: Listener) -> None:
    """Call the listener with part and number of each further loss, and now with those that were counted."""
    with _lock:
        for part, count in _counts.items():
            listener(part, count)
        _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    """Stop calling the listener."""
    with _lock:
        _listeners[:] = [each for each in _listeners if each is not listener]


def _after_fork() -> None:
    global _lock  # another thread may have held it during the fork
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
