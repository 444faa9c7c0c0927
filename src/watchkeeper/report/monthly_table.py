"""A long period month by month, so that a year is seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from watchkeeper.report.daily_figures import Day, is_over
from watchkeeper.report.objective_figures import LEAST_COVERAGE, ObjectiveFigures, State
from watchkeeper.report.report_tables import Row, Table
from watchkeeper.report.words import SIGNS, count, percent, share

# A shorter period is read day by day.
_LEAST_DAYS = 63


def months_table(one: ObjectiveFigures) -> Table:
    """Return an objective's months, each judged by the target at the period's end; empty for a short period."""
    months = [list(days) for _, days in groupby(one.days, key=lambda day: day.date[:7])]
    rows = tuple(_row(days, one.target) for days in months) if len(one.days) >= _LEAST_DAYS else ()
    headers = ("Month", "State", "Good", "Bad events", "All events", "Days over target", "Coverage")
    return Table(f"{one.name}, by month", headers, rows, is_wide=False)


def _row(days: Sequence[Day], target: Decimal | None) -> Row:
    bad, total = sum(day.sums.bad for day in days), sum(day.sums.total for day in days)
    coverage = sum(day.coverage for day in days) / len(days)
    ratio = bad / total if total else None
    over = sum(target is not None and is_over(day.error_ratio, target) for day in days)
    return (
        days[0].date[:7],
        SIGNS[_state(ratio, target, coverage)],
        share(None if ratio is None else 1 - ratio),
        count(bad),
        count(total),
        f"{over} of {len(days)}",
        percent(coverage),
    )


def _state(ratio: float | None, target: Decimal | None, coverage: float) -> State:
    # As over the whole period: gaps count as healthy, so what was missed is certain.
    if ratio is not None and target is not None and is_over(ratio * coverage, target):
        return "missed"
    return (
        "met"
        if ratio is not None and target is not None and coverage >= LEAST_COVERAGE
        else "not enough data"
    )
