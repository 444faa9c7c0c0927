"""What only raw counters know: which handlers an incident was about, and promises that no objective records.

Raw series are many, so they are read over single incidents, and over the period only for promises.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from watchkeeper.emit.promql import selector
from watchkeeper.prometheus_api import over_time
from watchkeeper.report.described import Described, Matchers, Promise, SpecFacts
from watchkeeper.report.figures import Report
from watchkeeper.report.history import Counts, Culprit
from watchkeeper.report.incident import Incident
from watchkeeper.report.objective_figures import ObjectiveFigures
from watchkeeper.report.reporting_period import ReportingPeriod

_THREADS = 4
_DAY = 86_400
_MOST_INCIDENTS = 30
_MOST_CULPRITS = 5
# Longer incidents are read at their end only: raw series of days are millions of samples.
_LONGEST = 6 * 3_600
# The counters' last increment before the end is scraped up to a minute later.
_LAG = 60


def read_counts(server: str, facts: SpecFacts, period: ReportingPeriod) -> dict[tuple[str, str], Counts]:
    """Return the counts of the promises that are read from histograms; raise NoAnswer."""
    wanted = [one for one in facts.promises if one.total and one.within]
    found: dict[tuple[str, str], Counts] = {}

    def read(promise: Promise) -> None:
        assert promise.total is not None and promise.within is not None
        total, within = (_by_day(server, one, period) for one in (promise.total, promise.within))
        days = len(_day_ends(period))
        if total:
            kept = sum(within.get(when, 0.0) for when in total)
            found[promise.service, promise.name] = Counts(sum(total.values()), kept, len(total) / days)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(read, wanted))
    return found


def _day_ends(period: ReportingPeriod) -> list[tuple[int, int]]:
    """Return end and length of each day of the period, the last one shorter while it runs."""
    ends = [*range(period.start + _DAY, period.until + 1, _DAY)]
    if not ends or ends[-1] < period.until:
        ends.append(period.until)
    starts = [period.start, *ends[:-1]]
    return [(end, end - start) for start, end in zip(starts, ends, strict=True)]


def _by_day(server: str, counted: tuple[str, Matchers], period: ReportingPeriod) -> dict[int, float]:
    found: dict[int, float] = {}
    for end, seconds in _day_ends(period):
        query = f"sum(increase({selector(*counted, range=f'{seconds}s')}))"
        for one in over_time(server, query, start=end, end=end, step=1):
            found |= {int(when): value for when, value in one.points if math.isfinite(value)}
    return found


def with_culprits(server: str, report: Report) -> Report:
    """Return the report with handlers and statuses of the largest incidents of HTTP objectives; raise NoAnswer."""
    known = {one.slo_id: one for one in report.facts.objectives if one.bad is not None}
    largest = sorted(
        ((one, incident) for one in report.objectives if one.slo_id in known for incident in one.listed),
        key=lambda pair: -(pair[1].share or 0.0),
    )[:_MOST_INCIDENTS]

    def read(pair: tuple[ObjectiveFigures, Incident]) -> tuple[Culprit, ...]:
        return _culprits(server, known[pair[0].slo_id], pair[1])

    with ThreadPoolExecutor(_THREADS) as pool:
        keys = ((one.name, incident.start) for one, incident in largest)
        found = dict(zip(keys, pool.map(read, largest), strict=True))
    return replace(report, objectives=tuple(_with(one, found) for one in report.objectives))


def _with(one: ObjectiveFigures, found: Mapping[tuple[str, float], tuple[Culprit, ...]]) -> ObjectiveFigures:
    def each(incident: Incident) -> Incident:
        return replace(incident, culprits=found.get((one.name, incident.start), ()))

    return replace(one, listed=tuple(map(each, one.listed)))


def _culprits(server: str, described: Described, incident: Incident) -> tuple[Culprit, ...]:
    assert described.bad is not None
    end = int(incident.until) + _LAG
    seconds = int(min(_LONGEST, end - incident.start + _LAG))
    query = _increase(described.bad, seconds, described.by)
    if described.but is not None:
        query = f"{query} - {_increase(described.but, seconds, described.by)}"
    answer = over_time(server, f"topk({_MOST_CULPRITS}, {query} > 0.5)", start=end, end=end, step=1)
    handler, status = described.by
    found = [
        Culprit(one.labels.get(handler, ""), one.labels.get(status, ""), value)
        for one in answer
        for _, value in one.points
    ]
    return tuple(sorted(found, key=lambda each: (-each.bad, each.handler, each.status)))


def _increase(counted: tuple[str, Matchers], seconds: int, by: tuple[str, str]) -> str:
    return f"sum by ({', '.join(by)}) (increase({selector(*counted, range=f'{seconds}s')}))"


def worst(one: ObjectiveFigures) -> tuple[Culprit, ...]:
    """Return handlers and statuses over all of an objective's listed incidents, the worst first."""
    return _summed(each for incident in one.listed for each in incident.culprits)


def _summed(culprits: Iterable[Culprit]) -> tuple[Culprit, ...]:
    sums: dict[tuple[str, str], float] = {}
    for one in culprits:
        sums[one.handler, one.status] = sums.get((one.handler, one.status), 0.0) + one.bad
    rows = [Culprit(handler, status, bad) for (handler, status), bad in sums.items()]
    return tuple(sorted(rows, key=lambda each: (-each.bad, each.handler, each.status)))
