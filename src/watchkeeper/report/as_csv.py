"""The report's objectives and promises as CSV, one a line, for spreadsheets."""

from __future__ import annotations

import csv
import io

from watchkeeper.export.period import iso
from watchkeeper.export.tables import cell
from watchkeeper.report.figures import Report
from watchkeeper.report.left_out_values import exact
from watchkeeper.report.objective_figures import ObjectiveFigures, as_recorded

COLUMNS = (
    "kind", "service", "name", "state", "target_ratio", "actual_ratio", "margin_ratio", "budget_spent_ratio",
    "budget_left_seconds", "budget_left_events", "bad_events", "total_events", "coverage_ratio",
    "actual_if_gaps_were_bad_ratio", "incidents", "previous_actual_ratio", "from_utc", "to_utc", "known_until_utc",
    "actual_as_recorded_ratio", "bad_events_as_recorded",
)  # fmt: skip


def as_csv(report: Report) -> str:
    """Return a header and a line for each objective and promise; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    period = report.period
    ends = tuple(map(iso, (period.start, period.end, period.until)))
    for promise in report.promises:
        numbers = (promise.promise.target, promise.actual, promise.margin)
        names = ("promise", promise.promise.service, promise.promise.name, promise.state)
        row = (*map(exact, numbers), *[None] * 5, exact(promise.coverage), *[None] * 3)
        writer.writerow((*map(cell, names), *row, *ends, *_as_recorded(promise.objective, report)))
    for one in report.objectives if report.audience == "team" else ():
        budget = one.budget
        left = (
            (budget.spent, budget.seconds * budget.left, budget.events * budget.left)
            if budget
            else (None,) * 3
        )
        numbers = (
            one.target,
            one.actual,
            one.margin,
            *left,
            one.sums.bad,
            one.sums.total,
            one.coverage,
            one.at_worst,
        )
        names = ("objective", one.service, one.name, one.state)
        row = (*map(exact, numbers), len(one.listed), exact(one.previous))
        writer.writerow((*map(cell, names), *row, *ends, *_as_recorded(one, report)))
    return out.getvalue()


def _as_recorded(one: ObjectiveFigures | None, report: Report) -> tuple[float | None, float | None]:
    """Return the actual share and the bad events before corrections, the same as the others where there are none."""
    if one is None:
        return None, None
    before = as_recorded(one, one.target, report.period)
    if before is None or one.recorded is None:
        return exact(one.actual), exact(one.sums.bad)
    return exact(before.actual), exact(one.recorded.bad)
