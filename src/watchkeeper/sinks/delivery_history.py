"""The latest deliveries, bounded in number and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from watchkeeper.sinks.delivery import CHANNELS, Channel

MAX_DELIVERIES = 1000
MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery's JSON line and when it was received, in Unix seconds."""

    received: float
    line: str


class History:
    """Keeps the latest deliveries; a busy channel never pushes out the few of a quiet one."""

    def __init__(self, *, limit: int = MAX_DELIVERIES, max_bytes: int = MAX_BYTES) -> None:
        """Keep at most ``limit`` deliveries whose lines total at most ``max_bytes``."""
        self._limit = limit
        self._max_bytes = max_bytes
        self._queues: dict[Channel, deque[Entry]] = {channel: deque() for channel in CHANNELS}

    def add(self, channel: Channel, *, received: float, line: str) -> None:
        """Remember a delivery; while a bound is exceeded, forget the oldest of the fullest channel."""
        self._queues[channel].append(Entry(received, line))
        while self._count() > self._limit:
            max(self._queues.values(), key=len).popleft()
        while self._bytes() > self._max_bytes:
            max(self._queues.values(), key=_bytes_in).popleft()

    def lines(self, *, since: float, channels: Collection[Channel]) -> list[str]:
        """Return the lines of these channels received at ``since`` or later, oldest first."""
        queues = [self._queues[channel] for channel in channels]
        entries = [entry for queue in queues for entry in queue if entry.received >= since]
        return [entry.line for entry in sorted(entries, key=lambda entry: entry.received)]

    def counts(self) -> dict[Channel, int]:
        """Return how many deliveries of each channel are remembered."""
        return {channel: len(queue) for channel, queue in self._queues.items()}

    def clear(self) -> int:
        """Forget everything and return how many deliveries that were."""
        count = self._count()
        for queue in self._queues.values():
            queue.clear()
        return count

    def _count(self) -> int:
        return sum(map(len, self._queues.values()))

    def _bytes(self) -> int:
        return sum(map(_bytes_in, self._queues.values()))


def _bytes_in(queue: deque[Entry]) -> int:
    return sum(len(entry.line) for entry in queue)
