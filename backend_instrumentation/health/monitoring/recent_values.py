"""Keeps the latest values of one measurement, and their mean and percentile."""

from __future__ import annotations

import math
from collections import deque


class RecentValues:
    """At most `most` values, the newest; the mean and the percentiles are of these."""

    def __init__(self, most: int) -> None:
        self._values: deque[float] = deque(maxlen=max(1, most))

    def add(self, value: float) -> bool:
        """Keep a finite value of 0 or more; returns whether it is one."""
        fits = math.isfinite(value) and value >= 0
        if fits:
            self._values.append(value)
        return fits

    def mean(self) -> float | None:
        """Return the mean, or None without values."""
        values = self._values
        return math.fsum(values) / len(values) if values else None

    def percentile(self, share: float) -> float | None:
        """Return the smallest kept value that this share of the values does not exceed, or None without values."""
        values = sorted(self._values)
        return values[max(0, math.ceil(share * len(values)) - 1)] if values else None
