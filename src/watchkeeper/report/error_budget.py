"""Sums of events and the error budget, with the mathematics of the recorded budget.

Missing history counts as healthy at the mean traffic of the existing history, exactly as in the rules. So a report over
an objective's own window gives the recorded error ratio and the recorded budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.report.history import Bin
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod


@dataclass(frozen=True, slots=True)
class Sums:
    """Events of a span. `mean` is events a second while it was recorded; `rollups` is how many rollups there are."""

    bad: float
    total: float
    rollups: int

    @property
    def mean(self) -> float:
        """Return the mean traffic of the recorded time, in events a second."""
        return self.total / (self.rollups * ROLLUP) if self.rollups else 0.0

    def error_ratio(self, seconds: float) -> float | None:
        """Return bad events as a share of those of a whole span at mean traffic; None without events."""
        whole = self.mean * seconds
        return self.bad / whole if whole else None


@dataclass(frozen=True, slots=True)
class Budget:
    """The error budget of the whole period at its mean traffic: in events, in seconds of total outage, and spent.

    `spent` is a share: 1 is all of it.
    """

    events: float
    seconds: float
    spent: float

    @property
    def left(self) -> float:
        """Return the share that is left, negative if overspent."""
        return 1 - self.spent


def sums_of(bins: Sequence[Bin]) -> Sums:
    """Return the sums of some bins."""
    return Sums(
        sum(one.bad for one in bins), sum(one.total for one in bins), sum(one.rollups for one in bins)
    )


def budget_of(sums: Sums, target: Decimal | None, period: ReportingPeriod) -> Budget | None:
    """Return the budget of a whole period; None without a target or without events."""
    if target is None or not sums.mean:
        return None
    share = float(1 - target)
    events = share * sums.mean * period.seconds
    return Budget(events, share * period.seconds, sums.bad / events)


def at_worst(sums: Sums, seconds: float) -> float | None:
    """Return the share of good events if everything had failed that was not recorded; None without events."""
    whole = sums.mean * seconds
    return None if not whole else max(0.0, 1 - (sums.bad + max(0.0, whole - sums.total)) / whole)


def covered(bins: Sequence[Bin], interval: float, seconds: float) -> float:
    """Return the share of a span's evaluations that are there."""
    return min(1.0, sum(one.evaluations for one in bins) * interval / seconds)
