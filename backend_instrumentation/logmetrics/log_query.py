"""Answers what the records say, by operation and module, in memory that does not grow with the logs."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..contract import OTHER_VALUE
from .log_reading import LogReader

ACCURACY: Final = 0.01
"""A percentile differs from the exact one by at most this share of it."""
PERCENTILES: Final = (0.5, 0.95, 0.99)
KEYS: Final = ("operation", "module", "metric_type")
MOST_GROUPS: Final = 1000
_SMALLEST: Final = 1e-12
_LARGEST: Final = 1e18
_RECORD: Final = '{"timestamp":'


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """The records of one group. `sum`, `mean` and the percentiles are of the queried field; None without values.

    `success_ratio` is over the records that state a success. Percentiles need the extra `logs`.
    """

    key: tuple[str, ...]
    count: int
    success_ratio: float | None
    sum: float | None
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The groups, most records first, and what was read: `records` matched of all lines, `broken` and `other` skipped.

    `other` lines are JSON but no performance records. `damaged` names files that could not be read to their end.
    """

    by: tuple[str, ...]
    groups: tuple[GroupSummary, ...]
    records: int
    broken: int
    other: int
    files: int
    damaged: tuple[str, ...]
    percentiles: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        names = (
            "count",
            "success_ratio",
            "sum",
            "mean",
            *(("p50", "p95", "p99") if self.percentiles else ()),
        )
        return {
            "groups": [
                {**dict(zip(self.by, each.key, strict=True)), **{name: getattr(each, name) for name in names}}
                for each in self.groups
            ],
            **{name: getattr(self, name) for name in ("records", "broken", "other", "files")},
            "damaged": list(self.damaged),
            "accuracy": ACCURACY if self.percentiles else None,
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records count: None for all. `since` and `until` are seconds since the epoch, `until` excluded."""

    operation: str | None = None
    module: str | None = None
    metric_type: str | None = None
    since: float = -math.inf
    until: float = math.inf

    def __contains__(self, record: object) -> bool:
        assert isinstance(record, dict)
        return (
            self.since <= record["timestamp"] < self.until
            and (self.operation is None or record.get("operation") == self.operation)
            and (self.module is None or record.get("module") == self.module)
            and (self.metric_type is None or record["metric_type"] == self.metric_type)
        )


class _Group:
    __slots__ = ("add", "count", "failed", "sketch", "stated", "total", "values")

    def __init__(self, sketch: Any) -> None:
        self.count = self.stated = self.failed = self.values = 0
        self.total = 0.0
        self.sketch = sketch
        self.add: Callable[[float], object] = (lambda _: None) if sketch is None else sketch.add

    def summary(self, key: tuple[str, ...]) -> GroupSummary:
        values = self.values
        quantiles: list[float | None] = [None] * len(PERCENTILES)
        if values and self.sketch is not None:
            quantiles = [self.sketch.get_quantile_value(each) for each in PERCENTILES]
        return GroupSummary(
            key,
            self.count,
            (self.stated - self.failed) / self.stated if self.stated else None,
            self.total if values else None,
            self.total / values if values else None,
            *quantiles,
        )


def query_logs(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    operation: str | None = None,
    module: str | None = None,
    metric_type: str | None = None,
    since: float | None = None,
    until: float | None = None,
    by: Sequence[str] = ("operation", "module"),
    field: str | None = None,
) -> QueryResult:
    """Read logs, their rotated and compressed files included, and summarize the records that match.

    `paths`: a log, a folder of logs, or several. `since` and `until`: seconds since the epoch. `by`: of operation,
    module and metric_type. `field`: the number to summarize; None is the duration of timers and the value of
    counters and gauges. Raises FileNotFoundError for a path without logs, and ValueError for another `by`.
    """
    wrong = [key for key in by if key not in KEYS]
    if wrong:
        raise ValueError(f"by: {wrong[0]!r} is none of {', '.join(KEYS)}")
    selection = Selection(
        operation,
        module,
        metric_type,
        -math.inf if since is None else since,
        math.inf if until is None else until,
    )
    single = isinstance(paths, str | os.PathLike)
    return _Query(selection, tuple(by), field).run([paths] if single else paths)  # type: ignore[list-item,arg-type]


class _Query:
    def __init__(self, selection: Selection, by: tuple[str, ...], field: str | None) -> None:
        self._selection = selection
        self._all = selection == Selection()
        self._by = by
        self._field = field
        self._groups: dict[tuple[Any, ...], _Group] = {}
        self._sketch = _sketch()
        self._records = self._broken = self._other = 0

    def run(self, paths: Iterable[str | os.PathLike[str]]) -> QueryResult:
        reader = LogReader()
        parse = _parser()
        for chunk in reader.chunks(paths):
            for line in chunk.split(b"\n"):
                if not line or line.isspace():
                    continue
                try:
                    record = parse(line)
                except ValueError:
                    self._broken += 1
                    record = _salvaged(line, parse)
                    if record is None:
                        continue
                self._take(record)
        summaries = [
            group.summary(tuple("" if part is None else str(part) for part in key))
            for key, group in self._groups.items()
        ]
        summaries.sort(key=lambda each: (-each.count, each.key))
        return QueryResult(
            self._by,
            tuple(summaries),
            self._records,
            self._broken + reader.broken,
            self._other,
            reader.files,
            tuple(reader.damaged),
            self._sketch is not None,
        )

    def _take(self, record: Any) -> None:
        if type(record) is not dict or "metric_type" not in record or not _number(record.get("timestamp")):
            self._other += 1
            return
        if not (self._all or record in self._selection):
            return
        self._records += 1
        group = self._group(record)
        group.count += 1
        success = record.get("success")
        if success is True:
            group.stated += 1
        elif success is False:
            group.stated += 1
            group.failed += 1
        value: Any = record.get(self._field or ("duration" if record["metric_type"] == "timer" else "value"))
        if _number(value) and abs(value) <= _LARGEST:
            group.values += 1
            group.total += value
            group.add(value if abs(value) > _SMALLEST else 0.0)

    def _group(self, record: dict[str, Any]) -> _Group:
        key = tuple([record.get(part) for part in self._by])
        try:
            found = self._groups.get(key)
        except TypeError:  # a list where a name should be
            key = tuple([OTHER_VALUE] * len(self._by))
            found = self._groups.get(key)
        if found is None:
            if len(self._groups) >= MOST_GROUPS:
                key = tuple([OTHER_VALUE] * len(self._by))
            sketch = None if self._sketch is None else self._sketch(ACCURACY)
            found = self._groups.setdefault(key, _Group(sketch))
        return found


def _number(value: object) -> bool:
    # Booleans are integers, and Python's JSON reads NaN and Infinity.
    return (type(value) is float or type(value) is int) and value == value and abs(value) != math.inf


def _sketch() -> Callable[[float], Any] | None:
    try:
        from ddsketch import DDSketch
    except ImportError:
        return None
    made: Callable[[float], Any] = DDSketch
    return made


def _parser() -> Callable[[bytes], Any]:
    try:
        from orjson import loads  # three times as fast, and not needed
    except ImportError:
        return _parse

    def parse(line: bytes) -> Any:
        try:
            return loads(line)
        except ValueError:
            return _parse(line)  # it reads the NaN that json.dumps writes

    return parse


_decode: Final = json.JSONDecoder().raw_decode


def _parse(line: bytes) -> Any:
    text = line.decode().strip()
    try:
        found, end = _decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if end != len(text):
        raise ValueError("more than one value")
    return found


def _salvaged(line: bytes, parse: Callable[[bytes], Any]) -> Any:
    """Return the whole record at the end of a line that begins with the rest of a torn one, or None."""
    start = line.rfind(_RECORD.encode())
    try:
        return parse(line[start:]) if start > 0 else None
    except ValueError:
        return None


def counts(result: QueryResult) -> Iterator[str]:
    """Yield what was read, in words."""
    yield f"{result.records} records in {result.files} files"
    if result.broken:
        yield f"{result.broken} broken lines skipped"
    if result.other:
        yield f"{result.other} lines that are no performance records"
