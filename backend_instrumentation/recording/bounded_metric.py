"""Records into one family with bounded label values; it never raises, whatever it is given."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..contract import OTHER_VALUE, Family
from ..guard import LOGGER, Guard
from ..registry.collectors import Absent, Instrument
from .label_values import LabelValues

_MOST_LOGGED: Final = 100
_LARGEST: Final = 1e18  # a sum of such numbers stays finite
_NOTHING: Final = Absent()
_NEVER_NEGATIVE: Final = ("seconds", "bytes")


@dataclass(slots=True)
class Bounds:
    """How many distinct values an open label may have, and how many series a family may have."""

    label_values: int = 200
    series: int = 2000


class RecordingStats:
    """Counts the records, and the labels that were dropped because their family does not declare them."""

    def __init__(self) -> None:
        self.records = 0
        self.dropped_labels = 0
        self._logged: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def recorded(self) -> None:
        """Count one record."""
        with self._lock:
            self.records += 1

    def dropped(self, family: str, label: str) -> None:
        """Count one label that was not recorded; the first is logged."""
        with self._lock:
            self.dropped_labels += 1
            if (family, label) in self._logged or len(self._logged) >= _MOST_LOGGED:
                return
            self._logged.add((family, label))
        LOGGER.warning("%s has no label %r: it is dropped, and further ones are only counted", family, label)


@dataclass(slots=True)
class RecordingContext:
    """What the metrics of one owner share: the guard for failures, the counts, and the bounds."""

    guard: Guard
    stats: RecordingStats = field(default_factory=RecordingStats)
    bounds: Bounds = field(default_factory=Bounds)
    constant: Mapping[str, str] = field(default_factory=dict)
    """Labels on every series of the owner."""
    enabled: bool = True
    """Whether calls record at all."""

    def recorded(self) -> None:
        """Count one record, unless recording is off."""
        if self.enabled:
            self.stats.recorded()


class BoundedMetric:
    """One family, recorded by label names.

    A value outside a label's closed set, or beyond the bounds of an open label, becomes `__other__`. A label
    that the family does not declare is dropped; a missing label is empty. A number that would spoil a series
    (NaN, infinite, above 1e18, a negative duration or size) is not recorded, but counted as a failure.
    """

    def __init__(self, family: Family, instrument: Instrument | None, context: RecordingContext) -> None:
        self.family = family
        self._instrument: Any = _NOTHING if instrument is None else instrument
        self._absent = isinstance(self._instrument, Absent)
        self.context = context
        closed = dict(family.allowed)
        self._closed = frozenset(closed).intersection(family.labels)
        self._values = {
            name: LabelValues(closed.get(name), most=lambda: context.bounds.label_values)
            for name in family.labels
        }
        self._children: dict[tuple[str, ...], Any] = {}

    def inc(self, amount: float = 1, /, **labels: object) -> None:
        """Add to a counter or a gauge."""
        try:
            self._child(labels).inc(_finite(amount))
        except Exception:
            self._failed()

    def dec(self, amount: float = 1, /, **labels: object) -> None:
        """Subtract from a gauge."""
        try:
            self._child(labels).dec(_finite(amount))
        except Exception:
            self._failed()

    def set(self, value: float, /, **labels: object) -> None:
        """Set a gauge; it is exposed from now on."""
        try:
            self._child(labels).set(float(value))
        except Exception:
            self._failed()

    def observe(self, value: float, weight: float = 1, /, **labels: object) -> None:
        """Record one value of a histogram, in the family's unit; it counts as `weight` values."""
        try:
            number = _finite(value)
            if number < 0 and self.family.unit in _NEVER_NEGATIVE:
                raise ValueError(f"{value!r} {self.family.unit}")
            child = self._child(labels)
            if weight == 1:
                child.observe(number)
            elif child is not _NOTHING:
                _observe_weighted(child, number, _finite(weight))
        except Exception:
            self._failed()

    def _failed(self) -> None:
        self.context.guard.note(f"recording {self.family.name}")

    def _child(self, labels: dict[str, object]) -> Any:
        if self._absent or not self.context.enabled:
            return _NOTHING
        constant = self.context.constant
        names = self.family.labels
        if len(labels) + len(constant) != len(names) or not labels.keys() <= self._values.keys():
            self._drop(labels)
        if not names:
            return self._instrument
        row = tuple(
            constant[name] if name in constant else self._values[name].bounded(labels.get(name, ""))
            for name in names
        )
        child = self._children.get(row)
        return self._added(row) if child is None else child

    def _drop(self, labels: dict[str, object]) -> None:
        constant = self.context.constant
        for label in labels:
            if label not in self._values or label in constant:
                self.context.stats.dropped(self.family.name, label)

    def _added(self, row: tuple[str, ...]) -> Any:
        if len(self._children) >= self.context.bounds.series:
            row = tuple(map(self._overflowed, self.family.labels, row))
        return self._children.setdefault(row, self._instrument.labels(*row))

    def _overflowed(self, name: str, value: str) -> str:
        kept = name in self._closed or name in self.context.constant
        return value if kept else OTHER_VALUE


def _observe_weighted(histogram: Any, number: float, weight: float) -> None:
    # The client counts whole values only; a sampled value stands for several, and not always for a whole number.
    if weight <= 0:
        raise ValueError(f"{weight!r} is no weight")
    histogram._sum.inc(number * weight)
    histogram._buckets[bisect_left(histogram._upper_bounds, number)].inc(weight)


def _finite(value: float) -> float:
    number = float(value)
    if not abs(number) <= _LARGEST:  # NaN is neither
        raise ValueError(f"{value!r} is not a number that can be added")
    return number
