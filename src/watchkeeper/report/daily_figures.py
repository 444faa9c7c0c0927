"""An objective day by day, and its budget as a line over the period."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.report.error_budget import Budget, Sums, covered, sums_of
from watchkeeper.report.history import Bin
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

_POINTS = 96


@dataclass(frozen=True, slots=True)
class Day:
    """One day in the period's time zone; `left` is the budget's share at its end, None without a target."""

    date: str
    sums: Sums
    coverage: float
    left: float | None

    @property
    def error_ratio(self) -> float | None:
        """Return the day's error ratio of what was recorded, None without events."""
        return self.sums.bad / self.sums.total if self.sums.total else None


def is_over(error_ratio: float | None, target: Decimal) -> bool:
    """Return whether an error ratio is over what a target allows, rounding errors apart."""
    return error_ratio is not None and error_ratio > float(1 - target) * (1 + 1e-9)


def days_of(
    bins: Sequence[Bin], period: ReportingPeriod, budget: Budget | None, interval: float
) -> Iterator[Day]:
    """Yield the known days."""
    starts = [one.start for one in bins]
    bad, first = 0.0, 0
    for date, start, end in period.days():
        after = bisect_left(starts, end)
        own, first = bins[first:after], after
        sums = sums_of(own)
        bad += sums.bad
        left = 1 - bad / budget.events if budget else None
        yield Day(date, sums, covered(own, interval, end - start), left)


def budget_line(
    bins: Sequence[Bin], period: ReportingPeriod, budget: Budget | None
) -> Iterator[tuple[int, float]]:
    """Yield moments and the share of the budget that is left, about a hundred of them; nothing without a budget."""
    if budget is None:
        return
    yield period.start, 1.0
    bad, step = 0.0, max(1, period.elapsed // _POINTS)
    next_at, known_until = period.start + step, period.start
    for index, one in enumerate(bins):
        # What rollups that begin in a bin count was spent by their end: else the line would fall before an incident.
        end = min(one.end + ROLLUP, period.until)
        if one.start > known_until:
            # Nothing was spent where nothing was recorded.
            yield from ((when, 1 - bad / budget.events) for when in (known_until, one.start))
        known_until = end
        bad += one.bad
        if end >= next_at or index == len(bins) - 1:
            yield end, 1 - bad / budget.events
            next_at = end + step
