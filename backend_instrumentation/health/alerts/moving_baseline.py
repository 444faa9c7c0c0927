"""Decides whether a value is unlike the ones before it."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

_LEAST_SHARE: Final = 0.01
"""A deviation below this share of the mean is usual, however constant the values are."""
_LEAST: Final = 1e-9


class MovingBaseline:
    """The mean and the standard deviation of the latest values."""

    def __init__(self, *, deviations: float = 4.0, window: int = 120, minimum: int = 20) -> None:
        if not (deviations > 0 and window >= minimum >= 2):
            raise ValueError(
                "an anomaly needs deviations above 0, and a window of at least `minimum`, which is 2 or more"
            )
        self._deviations = deviations
        self._minimum = minimum
        self._values: deque[float] = deque(maxlen=window)

    def is_unusual(self, value: float | None) -> bool:
        """Return whether the value is unusual, and add it; None, NaN and infinity are no values.

        An unusual value enters the baseline as the most extreme usual one, so that an anomaly does not become
        usual at once.
        """
        if value is None or not math.isfinite(value):
            return False
        if len(self._values) < self._minimum:
            self._values.append(value)
            return False
        mean = math.fsum(self._values) / len(self._values)
        deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in self._values) / len(self._values))
        most = self._deviations * max(deviation, abs(mean) * _LEAST_SHARE, _LEAST)
        unusual = abs(value - mean) > most
        self._values.append(math.copysign(most, value - mean) + mean if unusual else value)
        return unusual
