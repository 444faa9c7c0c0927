"""Read what a period's figures need, from the recorded series only: a handful of queries, however many objectives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.prometheus_api import over_time, shown
from watchkeeper.report.faulty_rollups import read_faulty, with_edges
from watchkeeper.report.fired_alerts import read_alerts
from watchkeeper.report.history import History, ObjectiveHistory
from watchkeeper.report.missing_spans import with_missing
from watchkeeper.report.objective_identity import Owners
from watchkeeper.report.recorded_bins import Edges, Matchers, read_bins
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

_THREADS = 4
_HOUR = 3_600
# Up to two days the bins are single rollups, so that a chart of a day has more than 24 points.
_FINE_UP_TO = 48 * _HOUR
_DEFAULT_INTERVAL = 30.0
# Shorter evaluation intervals are read as this one.
_FINEST = 5


def read_history(
    server: str, period: ReportingPeriod, services: Sequence[str] = (), promised: Sequence[str] = ()
) -> History:
    """Return the history of all objectives, or of some services; raise NoAnswer.

    `promised` are the ids of the objectives that promises are read from.
    """
    of = of_services(services)
    with ThreadPoolExecutor(_THREADS) as pool:

        def run(tasks: Iterable[Callable[[], None]]) -> None:
            for done in [pool.submit(task) for task in tasks]:
                done.result()

        objectives = read_bins(server, Edges(period.start, period.until, bin_length(period)), of, run)
        interval = _interval(server, objectives)
        alerts = pool.submit(read_alerts, server, period, of, interval)
        faulty = pool.submit(read_faulty, server, period, of, promised, Owners(objectives))
        last = period.previous()
        before = read_bins(server, Edges(last.start, last.until, last.seconds), of, run, sums_only=True)
        found_faulty = faulty.result()
        objectives = [replace(one, faulty=tuple(found_faulty.get(one.name, ()))) for one in objectives]
        objectives = with_edges(server, objectives, interval, run)
        objectives = with_missing(server, period, objectives, interval, run)
    found = {one.name: one.bins[0] for one in before if one.bins and one.bins[0].rollups}
    objectives = [replace(one, previous=found.get(one.name)) for one in objectives]
    return History(shown(server), interval, tuple(objectives), tuple(alerts.result()))


def bin_length(period: ReportingPeriod) -> int:
    """Return the seconds that one bin of a period has."""
    return ROLLUP if period.elapsed <= _FINE_UP_TO else _HOUR


def of_services(services: Sequence[str]) -> Matchers:
    """Return the matchers of what was recorded of some services; none for all."""
    return (("service", "=~", "|".join(map(re.escape, services))),) if services else ()


def _interval(server: str, objectives: Iterable[ObjectiveHistory]) -> float:
    """Return the seconds between two evaluations, from the times of the samples in the fullest bin; raise NoAnswer."""
    every = ((each.evaluations, each.end, one) for one in objectives for each in one.bins)
    count, end, one = max(every, key=lambda found: found[:2], default=(0, 0, None))
    if count < 2 or one is None:
        return _DEFAULT_INTERVAL
    query = f"timestamp({selector(naming.TOTAL_BASE, (('slo_id', '=', one.slo_id),))})"
    start = next(each.start for each in one.bins if each.end == end)
    differences = [
        later - earlier
        for series in over_time(server, query, start=start, end=end, step=_FINEST)
        for (_, earlier), (_, later) in pairwise(series.points)
        if later > earlier
    ]
    # Samples may be some ms early or late.
    return float(max(1, round(min(differences, default=_DEFAULT_INTERVAL))))
