"""The tables of planned work: its windows, and each objective with it and without it."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.report.error_budget import budget_of
from watchkeeper.report.figures import Report
from watchkeeper.report.left_out_events import with_planned_work
from watchkeeper.report.report_tables import Table
from watchkeeper.report.words import NONE, count, length, moment_text, percent, share


def planned_tables(report: Report) -> Iterator[Table]:
    """Yield the tables; none where no window was open. Customers do not see who planned the work."""
    windows = report.planned.windows
    if not windows:
        return
    is_team = report.audience == "team"
    headers = ("Service", "Window", "From", "To", "Length", "Reason", "Author")
    rows = tuple(
        (
            one.service,
            one.name,
            moment_text(one.start, report.period),
            moment_text(one.end, report.period),
            length(one.end - one.start),
            one.reason,
            one.author,
        )
        for one in windows
    )
    last = None if is_team else -1
    yield Table("Maintenance windows", headers[:last], tuple(row[:last] for row in rows))
    if is_team and (both := _both_figures(report)).rows:
        yield both


def _both_figures(report: Report) -> Table:
    rows = []
    for one in report.objectives:
        left_out = report.planned.of(one.slo_id)
        if left_out is None:
            continue
        sums = with_planned_work(one.sums, left_out)
        budget = budget_of(sums, one.target, report.period)
        ratio = sums.error_ratio(report.period.elapsed)
        rows.append(
            (
                one.name,
                f"{count(left_out.bad)} of {count(left_out.total)}",
                share(one.actual),
                share(None if ratio is None else 1 - ratio),
                percent(one.budget.spent) if one.budget else NONE,
                percent(budget.spent) if budget else NONE,
            )
        )
    headers = (
        "Objective",
        "Left out: bad of all events",
        "Actual",
        "Actual with planned work",
        "Budget spent",
        "Budget spent with planned work",
    )
    note = "The state of an objective is that without planned work."
    return Table("With planned work, and without it", headers, tuple(rows), note=note)
