"""Decides which errors are reported when many happen: a few of each kind, for a bounded number of kinds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

BURST: Final = 10.0
"""Reports of one kind that may be sent at once."""
PER_SECOND: Final = 0.1
"""Long-term rate of reports of one kind per second: six a minute."""
MOST_KINDS: Final = 256


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float
    refused: int = 0


class ErrorRateLimiter:
    """A token bucket for each kind; kinds beyond MOST_KINDS share one, so that the table stays bounded."""

    def __init__(
        self,
        *,
        burst: float = BURST,
        per_second: float = PER_SECOND,
        most_kinds: int = MOST_KINDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._most_kinds = most_kinds
        self._clock = clock
        self._buckets: dict[Hashable, _Bucket] = {}
        self._shared = _Bucket(burst, clock())
        self._lock = threading.Lock()

    @property
    def kinds(self) -> int:
        """The number of kinds with a bucket of their own."""
        return len(self._buckets)

    def take(self, kind: Hashable) -> int | None:
        """Return how many reports of this kind were refused since the last accepted one; None refuses this one."""
        with self._lock:
            now = self._clock()
            bucket = self._bucket(kind, now)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._per_second)
            bucket.filled_at = now
            if bucket.tokens < 1:
                bucket.refused += 1
                return None
            bucket.tokens -= 1
            refused, bucket.refused = bucket.refused, 0
            return refused

    def _bucket(self, kind: Hashable, now: float) -> _Bucket:
        bucket = self._buckets.get(kind)
        if bucket is not None:
            return bucket
        if len(self._buckets) >= self._most_kinds:
            return self._shared
        bucket = self._buckets[kind] = _Bucket(self._burst, now)
        return bucket
