"""Rollups with more bad events than their objective allows, and the evaluations at the edges of each fault."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.prometheus_api import steps
from watchkeeper.report.history import Faulty, ObjectiveHistory
from watchkeeper.report.objective_identity import Owners
from watchkeeper.report.recorded_bins import Matchers, Run
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

# Edges are refined for this many moments; the rest is known to one rollup.
_MOST_EDGES = 400


def _over_budget(of: Matchers, bad: str, total: str) -> str:
    """Return PromQL for the bad events a second where they are more than the objective allows.

    Rollups are 5 minutes apart, which is the lookback of a selector without a range: each moment sees one.
    """
    return f"{selector(bad, of)} > (1 - {selector(naming.OBJECTIVE, of)}) * {selector(total, of)}"


def read_faulty(
    server: str,
    period: ReportingPeriod,
    of: Matchers,
    promised: Sequence[str],
    owners: Owners,
) -> dict[str, list[Faulty]]:
    """Return the faulty rollups by the objective's name; raise NoAnswer. Totals are read for `promised` ids only."""
    bad = _largest(server, _over_budget(of, naming.BAD_TILE, naming.TOTAL_TILE), period, owners)
    total: Mapping[str, Mapping[int, float]] = {}
    if promised:
        own = ("slo_id", "=~", "|".join(sorted(map(re.escape, promised))))
        over = _over_budget((own,), naming.BAD_TILE, naming.TOTAL_TILE)
        total = _largest(server, f"{selector(naming.TOTAL_TILE, (own,))} and ({over})", period, owners)
    return {
        name: [
            Faulty(when, value * ROLLUP, total.get(name, {}).get(when, 0.0) * ROLLUP)
            for when, value in sorted(values.items())
        ]
        for name, values in bad.items()
    }


def _largest(server: str, query: str, period: ReportingPeriod, owners: Owners) -> dict[str, dict[int, float]]:
    """Return values by the objective's name and time. Two servers that record one objective are not two outages."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    # A moment sees the rollup that ends in the five minutes before it, and has begun up to five minutes earlier.
    first, last = period.start + 2 * ROLLUP, period.until + ROLLUP
    for one in steps(server, query, start=first, end=last, step=ROLLUP):
        own = found[owners.name(one.labels)]
        for when, value in one.points:
            own[int(when)] = max(value, own.get(int(when), 0.0))
    return found


def with_edges(
    server: str,
    objectives: Sequence[ObjectiveHistory],
    interval: float,
    run: Run,
) -> list[ObjectiveHistory]:
    """Return the objectives with the evaluations over budget near the first and last rollup of each fault; raise NoAnswer."""
    at: dict[int, set[str]] = defaultdict(set)
    for one in objectives:
        ends = {faulty.end for faulty in one.faulty}
        for end in ends:
            if end - ROLLUP not in ends or end + ROLLUP not in ends:
                at[end].add(one.slo_id)
    moments: dict[str, set[float]] = defaultdict(set)
    owners = Owners(objectives)
    newest = sorted(at)[-_MOST_EDGES:]
    run([lambda end=end: _read_edge(server, end, at[end], interval, owners, moments) for end in newest])  # type: ignore[misc]
    return [replace(one, over_budget=tuple(sorted(moments.get(one.name, ())))) for one in objectives]


def _read_edge(
    server: str,
    end: int,
    slo_ids: Iterable[str],
    interval: float,
    owners: Owners,
    moments: dict[str, set[float]],
) -> None:
    of = (("slo_id", "=~", "|".join(sorted(map(re.escape, slo_ids)))),)
    # The time of the sample, and not that of the step that finds it.
    query = f"timestamp({selector(naming.BAD_BASE, of)}) and ({_over_budget(of, naming.BAD_BASE, naming.TOTAL_BASE)})"
    # Of a rollup that is recorded at some moment before `end`, one reaches up to a whole rollup further back.
    start = end - 2 * ROLLUP + interval
    for one in steps(server, query, start=start, end=end, step=interval):
        moments[owners.name(one.labels)] |= {when for _, when in one.points}
