"""The events of objectives at each moment of the past, as a Prometheus computes them from the counters that it has."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from watchkeeper import naming
from watchkeeper.model.maintenance import Maintenance
from watchkeeper.plan.plan import PlannedService, PlannedSlo
from watchkeeper.plan.slo.recordings import down
from watchkeeper.prometheus_api import instant_at, steps
from watchkeeper.replay.grid import Grid, Values
from watchkeeper.replay.replayed_slo import ReplayedSlo

Key = tuple[tuple[str, str], ...]
# A Prometheus of two cores answers them side by side, and people's queries between them.
_THREADS = 3
_HOUR = 3_600


class Past:
    """Answers of a Prometheus over a grid; each query is asked once. Every method raises NoAnswer.

    An answer is kept as eight bytes a moment: of hundred objectives there are tens of millions.
    """

    def __init__(self, server: str, grid: Grid) -> None:
        self.server, self.grid = server, grid
        self._answers: dict[str, dict[Key, array[float]]] = {}

    def ask(self, queries: Iterable[str]) -> None:
        """Ask several queries side by side."""
        wanted = [query for query in dict.fromkeys(queries) if query not in self._answers]
        pool = ThreadPoolExecutor(_THREADS)
        try:
            for query, found in zip(wanted, pool.map(self._asked, wanted), strict=True):
                self._answers[query] = found
        finally:
            # After one failure nobody waits for the rest.
            pool.shutdown(wait=False, cancel_futures=True)

    def _asked(self, query: str) -> dict[Key, array[float]]:
        grid, found = self.grid, dict[Key, "array[float]"]()
        for series in steps(self.server, query, start=grid.start, end=grid.end, step=grid.step):
            key = tuple(sorted(series.labels.items()))
            values = found.setdefault(key, array("d", [math.nan]) * grid.count)
            for when, value in series.points:
                values[round((when - grid.start) / grid.step)] = value
        return found

    def each(self, query: str) -> dict[Key, list[float | None]]:
        """Return the values of every series of an answer at each moment; not a number is no value, as in a comparison."""
        return {
            key: [None if value != value else value for value in values]
            for key, values in self._answers[query].items()
        }

    def one(self, query: str) -> list[float | None]:
        """Return the values of an answer with one series."""
        return next(iter(self.each(query).values()), [None] * self.grid.count)


def can_be_replayed(slo: PlannedSlo) -> bool:
    """Return whether the past of an objective is one series of events; one with budgets by a label has several."""
    return slo.parameters.split is None


def queries_of(slo: PlannedSlo) -> tuple[str, str, str | None]:
    """Return PromQL for all and for bad events a second from counters only, and for when no target answers."""
    parameters, indicator = slo.parameters, slo.indicator
    bad = indicator.bad_of_counters(parameters.latest(parameters.total))
    return indicator.total, bad, down(parameters) if parameters.down is not None else None


def replayed_slo(past: Past, slo: PlannedSlo, service: PlannedService) -> ReplayedSlo:
    """Return an objective with its past events; its queries have been asked."""
    total_query, bad_query, down_query = queries_of(slo)
    total, bad = past.one(total_query), past.one(bad_query)
    bad = [one if every is not None else None for one, every in zip(bad, total, strict=True)]
    if down_query is not None:
        total, bad = _with_downtime(total, bad, past.one(down_query), past.grid)
    if service.maintenance:
        left = left_out(service.maintenance, past.grid, late=int(slo.parameters.left_out.seconds))
        total, bad = _without(total, left), _without(bad, left)
    return ReplayedSlo(slo, past.grid, total, bad)


def unseen_moments(past: Past, up: str) -> frozenset[int]:
    """Return the moments at which no rule was evaluated on a service: before its first target, and while nothing was scraped.

    The targets of a service that are missing while there are others count as down, as the rules have it. Raise NoAnswer.
    """
    known = past.one(up)
    gaps = [
        [index for index, _ in found] for missing, found in groupby(enumerate(known), _is_missing) if missing
    ]
    found: set[int] = set()
    for gap in gaps:
        middle = past.grid.moment(gap[len(gap) // 2])
        if gap[0] == 0 or not instant_at(past.server, "count(up)", middle):
            found.update(gap)
    return frozenset(found)


def recorded_since(server: str, grid: Grid) -> dict[str, int]:
    """Return from when on our rules have recorded each objective, in Unix seconds, to an hour; raise NoAnswer."""
    query = f"count by (slo_id) (last_over_time({naming.TOTAL_BASE}[1h]))"
    found: dict[str, int] = {}
    for series in steps(server, query, start=grid.start, end=grid.end + _HOUR, step=_HOUR):
        for when, _ in series.points[:1]:
            slo_id = series.labels.get("slo_id", "")
            found[slo_id] = min(found.get(slo_id, grid.end), max(grid.start, int(when) - _HOUR))
    return found


def _is_missing(one: tuple[int, float | None]) -> bool:
    return one[1] is None


def _with_downtime(
    total: list[float | None], bad: list[float | None], is_down: Values, grid: Grid
) -> tuple[list[float | None], list[float | None]]:
    """Return the events with those of an outage: the traffic of the hour before it, and all of it bad."""
    hour = grid.steps(_HOUR)
    for index, now in enumerate(is_down):
        if now is None:
            continue
        before = total[index - 1] if index else None
        if not index or is_down[index - 1] is None or before is None:
            known = [one for one in total[max(0, index - hour + 1) : index] if one is not None]
            before = sum(known) / len(known) if known else None
        total[index] = bad[index] = before
    return total, bad


def left_out(windows: Sequence[Maintenance], grid: Grid, *, late: int) -> list[bool]:
    """Return for each moment whether a maintenance window is open, or was within the last `late` seconds.

    The rules open each window one evaluation early.
    """
    found = [False] * grid.count
    for window in windows:
        for start, end in window.spans(grid.start - late, grid.end + grid.step):
            first = max(0, (start - grid.step - grid.start) // grid.step)
            last = min(grid.count, (end + late - grid.start) // grid.step + 1)
            found[first:last] = [True] * max(0, last - first)
    return found


def _without(values: list[float | None], left: Sequence[bool]) -> list[float | None]:
    return [
        0.0 if is_left_out and one is not None else one for one, is_left_out in zip(values, left, strict=True)
    ]
