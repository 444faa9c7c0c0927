"""Sums up records by group, in memory that does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from ...contract import OTHER_VALUE

ACCURACY: Final = 0.01
"""A percentile differs from the exact one by at most this share of it."""
MOST_GROUPS: Final = 1000
"""Records of further groups are counted as `__other__`."""
_SMALLEST: Final = 1e-12
_LARGEST: Final = 1e18
_PENDING: Final = 256


class Values:
    """The numbers of one group: their sum, and their percentiles if `ddsketch` is installed."""

    __slots__ = ("_bins", "_negative_bins", "_zeros", "count", "pending", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.pending: list[float] = []
        self._bins: Counter[int] = Counter()
        self._negative_bins: Counter[int] = Counter()
        self._zeros = 0

    def flush(self, bin_of: Callable[[float], int] | None) -> None:
        """Sum up the pending values, and count them by the sketch's bins, which is faster than to add each."""
        pending = self.pending
        self.count += len(pending)
        self.total += sum(pending)
        if bin_of is not None:
            positive = [each for each in pending if each > _SMALLEST]
            self._bins.update(map(bin_of, positive))
            if len(positive) != len(pending):
                negative = [-each for each in pending if each < -_SMALLEST]
                self._negative_bins.update(map(bin_of, negative))
                self._zeros += len(pending) - len(positive) - len(negative)
        pending.clear()

    def quantiles(
        self, shares: Iterable[float], sketch: Any, value_of: Callable[[int], float]
    ) -> list[float | None]:
        """Return the quantiles, from an empty sketch that takes all values; None where there are none."""
        for number, count in self._bins.items():
            sketch.add(value_of(number), count)
        for number, count in self._negative_bins.items():
            sketch.add(-value_of(number), count)
        if self._zeros:
            sketch.add(0.0, self._zeros)
        return [sketch.get_quantile_value(share) for share in shares]


class Group:
    """What the records of one key have in common."""

    __slots__ = ("count", "failed", "stated", "values")

    def __init__(self) -> None:
        self.count = self.stated = self.failed = 0
        self.values = Values()


class Groups:
    """The groups of a query by their key, the values of the fields `by`; `field` is the number that is summed up."""

    def __init__(self, by: tuple[str, ...], field: str | None) -> None:
        self.by = by
        self._field = field
        self._groups: dict[tuple[Any, ...], Group] = {}
        self._sketch, self._mapping = _library()
        self._bin_of = None if self._mapping is None else self._mapping.key
        self.records = 0
        self.other = 0

    @property
    def percentiles(self) -> bool:
        """Whether there are any."""
        return self._sketch is not None

    def take(self, found: Iterable[Any], selected: Callable[[dict[str, Any]], bool] | None) -> None:
        """Count the records among the values that are selected; values that are no records are counted apart."""
        groups, by, field = self._groups, self.by, self._field
        for record in found:
            if (
                type(record) is not dict
                or not _number(record.get("timestamp"))
                or "metric_type" not in record
            ):
                self.other += 1
                continue
            if selected is not None and not selected(record):
                continue
            self.records += 1
            get = record.get
            try:
                group = groups[tuple([get(part) for part in by])]
            except (KeyError, TypeError):
                group = self._group(tuple([get(part) for part in by]))
            group.count += 1
            success = get("success")
            if success is True:
                group.stated += 1
            elif success is False:
                group.stated += 1
                group.failed += 1
            value = get(field or ("duration" if record["metric_type"] == "timer" else "value"))
            if _number(value):
                pending = group.values.pending
                pending.append(value)  # type: ignore[arg-type]
                if len(pending) >= _PENDING:
                    group.values.flush(self._bin_of)

    def _group(self, key: tuple[Any, ...]) -> Group:
        try:
            known = self._groups.get(key)
        except TypeError:  # a list where a name should be
            known = None
            key = self._other_key
        if known is None and len(self._groups) >= MOST_GROUPS:
            key = self._other_key
        return known or self._groups.setdefault(key, Group())

    @property
    def _other_key(self) -> tuple[Any, ...]:
        return (OTHER_VALUE,) * len(self.by)

    def items(self) -> Iterable[tuple[tuple[Any, ...], Group]]:
        """Return all groups, with all their values summed up."""
        for group in self._groups.values():
            group.values.flush(self._bin_of)
        return self._groups.items()

    def quantiles(self, group: Group, shares: tuple[float, ...]) -> list[float | None]:
        """Return the quantiles of a group; None without values or without the library."""
        if self._sketch is None or not group.values.count:
            return [None] * len(shares)
        return group.values.quantiles(shares, self._sketch(ACCURACY), self._mapping.value)


def _number(value: object) -> bool:
    # Booleans are integers, and Python's JSON reads NaN, which no comparison accepts, and Infinity.
    kind = type(value)
    return (kind is float or kind is int) and -_LARGEST <= value <= _LARGEST  # type: ignore[operator]


def _library() -> tuple[Callable[[float], Any] | None, Any]:
    try:
        from ddsketch import DDSketch
        from ddsketch.mapping import LogarithmicMapping
    except ImportError:
        return None, None
    return DDSketch, LogarithmicMapping(ACCURACY)
