"""Prometheus durations as exact values: `90s`, `1h30m`, `30d`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_UNITS = (
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
)
_FACTORS = dict(_UNITS)
# Prometheus wants the units in falling order and each at most once.
_PATTERN = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+){unit}(?![a-z]))?" for unit, _ in _UNITS))


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time in whole milliseconds, never negative."""

    milliseconds: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read Prometheus' notation; raise ValueError when `text` is not in it."""
        match = _PATTERN.fullmatch(text)
        if match is None or not text or len(text) > 32:
            raise ValueError(f"{text!r} is not a duration such as 30s, 5m, 1h30m or 30d")
        return cls(sum(int(count) * _FACTORS[unit] for unit, count in match.groupdict().items() if count))

    @property
    def seconds(self) -> Decimal:
        """Return the length in seconds, exact."""
        return Decimal(self.milliseconds) / 1_000

    def __str__(self) -> str:
        """Return the shortest single-unit notation, weeks and years in days: `90s`, `5m`, `30d`."""
        return _shortest(self.milliseconds)


@lru_cache(1024)
def _shortest(milliseconds: int) -> str:
    if milliseconds == 0:
        return "0s"
    for unit, factor in _UNITS[2:]:
        if milliseconds % factor == 0:
            return f"{milliseconds // factor}{unit}"
    raise AssertionError("a millisecond divides every duration")
