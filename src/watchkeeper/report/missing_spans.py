"""The spans of a period in which an objective was not recorded, to one evaluation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.prometheus_api import steps
from watchkeeper.report.history import Bin, ObjectiveHistory, Span
from watchkeeper.report.objective_identity import Owners
from watchkeeper.report.recorded_bins import Run
from watchkeeper.report.reporting_period import ReportingPeriod

# Bins that lack some evaluations are read in detail, at most this many: a server that lacks more has other worries.
_MOST_DETAILED = 200


def with_missing(
    server: str, period: ReportingPeriod, objectives: Sequence[ObjectiveHistory], interval: float, run: Run
) -> list[ObjectiveHistory]:
    """Return the objectives with their missing spans; raise NoAnswer."""
    partial: dict[tuple[int, int], set[str]] = defaultdict(set)
    for one in objectives:
        for each in one.bins:
            if 0 < each.evaluations < _expected(each, interval):
                partial[each.start, each.end].add(one.slo_id)
    seen: dict[tuple[str, int], set[float]] = {}
    owners = Owners(objectives)
    detailed = sorted(partial)[:_MOST_DETAILED]
    run([lambda edge=edge: _read(server, edge, partial[edge], interval, owners, seen) for edge in detailed])  # type: ignore[misc]
    return [replace(one, missing=tuple(_missing(period, one, interval, seen))) for one in objectives]


def _expected(one: Bin, interval: float) -> int:
    return int((one.end - one.start) / interval)


def _read(
    server: str,
    edge: tuple[int, int],
    slo_ids: Iterable[str],
    interval: float,
    owners: Owners,
    seen: dict[tuple[str, int], set[float]],
) -> None:
    of = (("slo_id", "=~", "|".join(sorted(map(re.escape, slo_ids)))),)
    query = f"count_over_time({selector(naming.TOTAL_BASE, of, range=f'{round(interval * 1000)}ms')})"
    for one in steps(server, query, start=edge[0] + interval, end=edge[1], step=interval):
        seen.setdefault((owners.name(one.labels), edge[0]), set()).update(when for when, _ in one.points)


def _missing(
    period: ReportingPeriod, one: ObjectiveHistory, interval: float, seen: dict[tuple[str, int], set[float]]
) -> list[Span]:
    spans: list[Span] = []
    known = period.start
    for each in one.bins:
        if each.start > known:
            spans.append((known, each.start))
        known = each.end
        if not each.evaluations:
            spans.append((each.start, each.end))
        elif (one.name, each.start) in seen:
            spans += _between(each, interval, seen[one.name, each.start])
    if known < period.until:
        spans.append((known, period.until))
    return _joined(spans)


def _between(one: Bin, interval: float, present: set[float]) -> list[Span]:
    count = _expected(one, interval)
    ends = [one.start + (index + 1) * interval for index in range(count)]
    return [(end - interval, end) for end in ends if end not in present]


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
