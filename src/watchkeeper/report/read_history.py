"""Read what a period's figures need, from the recorded series only: a handful of queries, however many objectives."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.export.period import iso
from watchkeeper.prometheus_api import shown
from watchkeeper.report.fired_alerts import read_alerts
from watchkeeper.report.history import AlertSpan, Faulty, History, ObjectiveHistory
from watchkeeper.report.missing_spans import with_missing
from watchkeeper.report.recorded_bins import Edges, Matchers, read_bins, steps
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

_THREADS = 4
_HOUR = 3_600
# Up to two days the bins are single rollups, so that a chart of a day has more than 24 points.
_FINE_UP_TO = 48 * _HOUR
_DEFAULT_INTERVAL = 30.0
# Edges of incidents are refined for this many moments; the rest is known to one rollup.
_MOST_EDGES = 400


def read_history(server: str, period: ReportingPeriod, services: Sequence[str] = ()) -> History:
    """Return the history of all objectives, or of some services; raise NoAnswer."""
    of: Matchers = (("service", "=~", "|".join(map(re.escape, services))),) if services else ()
    with ThreadPoolExecutor(_THREADS) as pool:

        def run(tasks: Iterable[Callable[[], None]]) -> None:
            for done in [pool.submit(task) for task in tasks]:
                done.result()

        seconds = ROLLUP if period.elapsed <= _FINE_UP_TO else _HOUR
        objectives = read_bins(server, Edges(period.start, period.until, seconds), of, run)
        interval = _interval(objectives)
        faulty: dict[str, list[Faulty]] = defaultdict(list)
        alerts: list[AlertSpan] = []
        before: list[ObjectiveHistory] = []
        last = period.previous()
        run(
            [
                lambda: _read_faulty(server, period, of, faulty),
                lambda: alerts.extend(read_alerts(server, period, of, interval)),
            ]
        )
        before += read_bins(server, Edges(last.start, last.until, last.seconds), of, run)
        objectives = [replace(one, faulty=tuple(faulty.get(one.slo_id, ()))) for one in objectives]
        objectives = _with_edges(server, objectives, interval, run)
        objectives = with_missing(server, period, objectives, interval, run)
    found = {one.name: one.bins[0] for one in before if one.bins and one.bins[0].rollups}
    objectives = [replace(one, previous=found.get(one.name)) for one in objectives]
    return History(shown(server), interval, tuple(objectives), tuple(alerts))


def _interval(objectives: Iterable[ObjectiveHistory]) -> float:
    """Return the seconds between two evaluations, from the fullest bin."""
    rates = [one.evaluations / (one.end - one.start) for each in objectives for one in each.bins]
    densest = max(rates, default=0.0)
    return float(round(1 / densest)) if densest else _DEFAULT_INTERVAL


def _over_budget(of: Matchers, bad: str, total: str, range_: str) -> tuple[str, str]:
    """Return PromQL for bad and all events a second, where more are bad than the objective allows."""
    target = f"last_over_time({selector(naming.OBJECTIVE, of, range='1h')})"
    values = [f"last_over_time({selector(name, of, range=range_)})" for name in (bad, total)]
    over = f"{values[0]} > (1 - {target}) * {values[1]}"
    return over, f"{values[1]} and ({over})"


def _read_faulty(server: str, period: ReportingPeriod, of: Matchers, found: dict[str, list[Faulty]]) -> None:
    queries = _over_budget(of, naming.BAD_TILE, naming.TOTAL_TILE, f"{ROLLUP}s")
    bad, total = (_largest(server, query, period) for query in queries)
    for slo_id, values in bad.items():
        found[slo_id] = [
            Faulty(when, value * ROLLUP, total[slo_id].get(when, value) * ROLLUP)
            for when, value in sorted(values.items())
        ]


def _largest(server: str, query: str, period: ReportingPeriod) -> dict[str, dict[int, float]]:
    """Return values by objective and time. Two servers that record one objective are not two outages."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for one in steps(server, query, start=period.start + ROLLUP, end=period.until, step=ROLLUP):
        own = found[one.labels.get("slo_id", "")]
        for when, value in one.points:
            own[int(when)] = max(value, own.get(int(when), 0.0))
    return found


def _with_edges(
    server: str,
    objectives: Sequence[ObjectiveHistory],
    interval: float,
    run: Callable[[Iterable[Callable[[], None]]], None],
) -> list[ObjectiveHistory]:
    """Return the objectives with the evaluations over budget near the first and last rollup of each fault."""
    at: dict[int, set[str]] = defaultdict(set)
    for one in objectives:
        ends = {faulty.end for faulty in one.faulty}
        for end in ends:
            if end - ROLLUP not in ends or end + ROLLUP not in ends:
                at[end].add(one.slo_id)
    moments: dict[str, set[float]] = defaultdict(set)
    newest = sorted(at)[-_MOST_EDGES:]
    run([lambda end=end: _read_edge(server, end, at[end], interval, moments) for end in newest])  # type: ignore[misc]
    return [replace(one, over_budget=tuple(sorted(moments.get(one.slo_id, ())))) for one in objectives]


def _read_edge(
    server: str, end: int, slo_ids: Iterable[str], interval: float, moments: dict[str, set[float]]
) -> None:
    of = (("slo_id", "=~", "|".join(sorted(map(re.escape, slo_ids)))),)
    query, _ = _over_budget(of, naming.BAD_BASE, naming.TOTAL_BASE, f"{round(interval * 1000)}ms")
    # Of a rollup that is recorded at some moment before `end`, one reaches up to a whole rollup further back.
    start = end - 2 * ROLLUP + interval
    for one in steps(server, query, start=start, end=end, step=interval):
        moments[one.labels.get("slo_id", "")] |= {when for when, _ in one.points}


def describe(history: History, period: ReportingPeriod) -> str:
    """Return one line for a terminal: what was read."""
    return f"{len(history.objectives)} objectives of {history.source} from {iso(period.start)} to {iso(period.until)}"
