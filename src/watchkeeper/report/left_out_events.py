"""Planned work in a period: the maintenance windows that were open, and what their events would have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.prometheus_api import instant_at, steps
from watchkeeper.report.error_budget import Sums
from watchkeeper.report.recorded_bins import FROM_BEGINNING, Matchers
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

_Key = tuple[str, str, str, str]
_LABELS = ("service", "maintenance", "reason", "author")


@dataclass(frozen=True, slots=True)
class HeldWindow:
    """A maintenance window that was open from `start` to `end`, in Unix seconds, known to an evaluation."""

    service: str
    name: str
    reason: str
    author: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The events of an objective that count nowhere because they were planned."""

    bad: float
    total: float


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """The windows of a period in order, and what each objective leaves out, by its id."""

    windows: tuple[HeldWindow, ...] = ()
    left_out: Mapping[str, LeftOut] | None = None

    def of(self, slo_id: str) -> LeftOut | None:
        """Return what an objective leaves out; None for one whose service has no windows."""
        return (self.left_out or {}).get(slo_id)

    def only(self, services: Container[str]) -> PlannedWork:
        """Return the planned work with the windows of some services alone."""
        return replace(self, windows=tuple(one for one in self.windows if one.service in services))


NO_PLANNED_WORK = PlannedWork()


def read_planned_work(server: str, period: ReportingPeriod, of: Matchers) -> PlannedWork:
    """Return the planned work of a period; raise NoAnswer."""
    opened = f"count_over_time({selector(naming.MAINTENANCE_OPEN, of, range=f'{ROLLUP}s')})"
    found: defaultdict[_Key, dict[int, float]] = defaultdict(dict)
    for one in steps(server, opened, start=period.start + ROLLUP, end=period.until, step=ROLLUP):
        service, name, reason, author = (one.labels.get(label, "") for label in _LABELS)
        key = (service, name, reason, author)
        found[key] |= {int(when): value for when, value in one.points}
    if not found:
        return NO_PLANNED_WORK
    windows = (window for key, counts in found.items() for window in _held(key, counts))
    bad = _difference(server, naming.BAD_ALL_TILE, naming.BAD_TILE, period, of)
    total = _difference(server, naming.TOTAL_ALL_TILE, naming.TOTAL_TILE, period, of)
    left_out = {one: LeftOut(max(0.0, bad.get(one, 0.0)), max(0.0, value)) for one, value in total.items()}
    return PlannedWork(
        tuple(sorted(windows, key=lambda one: (one.start, one.end, one.service, one.name))), left_out
    )


def with_planned_work(sums: Sums, left_out: LeftOut) -> Sums:
    """Return the events of a period as if the planned ones counted."""
    return replace(sums, bad=sums.bad + left_out.bad, total=sums.total + left_out.total)


def _held(key: _Key, counts: Mapping[int, float]) -> Iterator[HeldWindow]:
    """Yield the spans of neighbouring rollups; the first and the last one are open in part."""
    whole = max(counts.values())
    for run in _runs(sorted(counts)):
        # A rollup whose every evaluation saw the window is the measure of the others.
        first, last = (round(ROLLUP * min(1.0, counts[end] / whole)) for end in (run[0], run[-1]))
        start = run[0] - first if len(run) > 1 else run[0] - ROLLUP
        end = run[-1] - ROLLUP + last
        service, name, reason, author = key
        yield HeldWindow(service, name, reason, author, start, end)


def _runs(ends: Iterable[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for end in ends:
        if run and end - run[-1] > ROLLUP:
            yield run
            run = []
        run.append(end)
    if run:
        yield run


def _difference(
    server: str, every: str, counted: str, period: ReportingPeriod, of: Matchers
) -> dict[str, float]:
    """Return by how many events the rollups of all events exceed those that count, by objective."""
    over = f"[{period.until - period.start}s:{ROLLUP}s] {FROM_BEGINNING}"
    query = f"sum by (slo_id) (sum_over_time(({selector(every, of)} - {selector(counted, of)}){over}))"
    return {
        one.labels.get("slo_id", ""): one.value * ROLLUP for one in instant_at(server, query, period.until)
    }
