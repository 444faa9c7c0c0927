"""The unit that a histogram's name states, for histograms of others that do not measure seconds."""

from __future__ import annotations

from watchkeeper.model.service import HistogramUnit

_ENDINGS: tuple[tuple[HistogramUnit, tuple[str, ...]], ...] = (
    ("ms", ("_milliseconds", "_millis", "_msec", "_ms")),
    ("us", ("_microseconds", "_micros", "_usec", "_us")),
)


def unit_in_name(name: str) -> HistogramUnit | None:
    """Return the unit that the name ends in; None for seconds and for names without a unit."""
    return next((unit for unit, endings in _ENDINGS if name.endswith(endings)), None)
