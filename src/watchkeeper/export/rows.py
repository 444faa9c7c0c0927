"""Rows of an export, read in parts of bounded size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.export.columns import OBJECTIVE_COLUMNS, ColumnQuery
from watchkeeper.export.period import Period
from watchkeeper.local_http import NoAnswer
from watchkeeper.prometheus_api import Labels, over_time

# A part in memory is some 10 MB.
_VALUES = 50_000
_FIRST, _MOST = 10, 2_000
# What a Prometheus answers when a query reads too much at once.
_TOO_MUCH = ("answers 422", "answers 503")
_KEYS = ("__name__", "service", "slo", "slo_id", "replica", "prometheus_replica", "prometheus")


@dataclass(frozen=True, slots=True)
class Row:
    """One service, or one objective of it, at one moment; `values` has only the columns that have a value.

    `labels` are the further labels of an objective, as in `environment=staging team=payments`.
    """

    time: int
    service: str
    slo: str
    labels: str
    values: dict[str, float]


def rows(
    server: str, queries: Sequence[ColumnQuery], whole: Period, *, done: Callable[[int], None]
) -> Iterator[Row]:
    """Yield rows by time, service and objective; `done` gets the number of moments read. Raise NoAnswer."""
    start, size = whole.start, _FIRST
    while start <= whole.end:
        part = Period(start, min(whole.end, start + (size - 1) * whole.step), whole.step)
        try:
            found, series = _part(server, queries, part)
        except NoAnswer as error:
            if part.count == 1 or not str(error).startswith(_TOO_MUCH):
                raise
            size = part.count // 2
            continue
        yield from found
        start = part.end + whole.step
        done(part.count)
        size = max(1, min(_MOST, _VALUES // max(1, series), 2 * size))


def _part(server: str, queries: Sequence[ColumnQuery], part: Period) -> tuple[list[Row], int]:
    """Return the rows of a part, and the number of series that it had."""
    found: dict[tuple[int, str, str, str], dict[str, float]] = {}
    series = 0
    for each in queries:
        for one in over_time(server, each.query, start=part.start, end=part.end, step=part.step):
            column = each.column or OBJECTIVE_COLUMNS.get(one.labels.get("__name__", ""), "")
            service, slo, labels = _subject(one.labels)
            if not column or not (service or slo):
                continue
            series += 1
            for when, value in one.points:
                if math.isfinite(value):
                    found.setdefault((round(when), service, slo, labels), {})[column] = value
    return [Row(*key, values) for key, values in sorted(found.items(), key=lambda item: item[0])], series


def _subject(labels: Labels) -> tuple[str, str, str]:
    slo = labels.get("slo", labels.get("slo_id", ""))
    rest = " ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name not in _KEYS)
    return labels.get("service", ""), slo, rest
