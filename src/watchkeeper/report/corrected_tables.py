"""The tables of corrections: each one with its reason, and the figures with them and as they were recorded."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.model.correction import Correction
from watchkeeper.report.corrected_history import TakenOut
from watchkeeper.report.figures import Report
from watchkeeper.report.objective_figures import as_recorded
from watchkeeper.report.report_tables import Row, Table
from watchkeeper.report.words import NONE, SIGNS, count, length, moment_text, percent, share

_INCIDENTS = (
    "Incidents and alerts stay as they were recorded; so do dashboards and the budget that alerts read."
)


def corrections_of(report: Report) -> tuple[Correction, ...]:
    """Return the corrections of the period in order, each once; for customers those of promises only."""
    promised = {one.objective.name for one in report.promises if one.objective is not None}
    every = {
        one.correction.name: one.correction
        for one in report.taken_out
        if report.audience == "team" or one.objective in promised
    }
    return tuple(sorted(every.values(), key=lambda one: (one.span, one.name)))


def corrected_tables(report: Report) -> Iterator[Table]:
    """Yield the tables; none without a correction. Customers see neither authors nor tickets."""
    if not report.taken_out:
        return
    if report.audience == "customer":
        rows = tuple((*_when(one, report), one.reason) for one in corrections_of(report))
        if rows:
            yield Table("Corrections", ("From", "To", "Length", "Reason"), rows)
            yield _promises(report)
        return
    headers = ("Correction", "Objective", "From", "To", "Length", "Taken out", "Reason", "Author", "Ticket")
    every = sorted(report.taken_out, key=lambda one: (one.correction.span, one.objective))
    yield Table("Corrections", headers, tuple(_row(one, report) for one in every), note=_idle(report))
    yield _objectives(report)


def _idle(report: Report) -> str:
    """Return a note about the corrections that change nothing: their times are probably those of another clock."""
    idle = [
        one.name
        for one in corrections_of(report)
        if not any(each.bad or each.total for each in report.taken_out if each.correction is one)
    ]
    return (
        f"Nothing was recorded to take out: {', '.join(idle)}. Check the times and the time zone."
        if idle
        else ""
    )


def _when(one: Correction, report: Report) -> Row:
    start, end = one.span
    return moment_text(start, report.period), moment_text(end, report.period), length(end - start)


def _row(one: TakenOut, report: Report) -> Row:
    correction = one.correction
    if correction.leaves_out == "all":
        what = f"all {count(one.total)} events, {count(one.bad)} of them bad"
    elif correction.share == 1:
        what = f"{count(one.bad)} bad events"
    else:
        what = f"{count(one.bad)} bad events, {percent(float(correction.share))} of them"
    when = _when(correction, report)
    ticket = correction.ticket or NONE
    return (correction.name, one.objective, *when, what, correction.reason, correction.author, ticket)


def _objectives(report: Report) -> Table:
    rows = []
    for one in report.objectives:
        before = as_recorded(one, one.target, report.period)
        if before is not None:
            rows.append(
                (
                    one.name,
                    SIGNS[one.state],
                    SIGNS[before.state],
                    share(one.actual),
                    share(before.actual),
                    percent(one.budget.spent) if one.budget else NONE,
                    percent(before.budget.spent) if before.budget else NONE,
                )
            )
    headers = (
        "Objective",
        "Corrected",
        "As recorded",
        "Actual",
        "Actual as recorded",
        "Budget spent",
        "Budget spent as recorded",
    )
    return Table("With corrections, and as recorded", headers, tuple(rows), note=_INCIDENTS)


def _promises(report: Report) -> Table:
    rows = []
    for one in report.promises:
        before = as_recorded(one.objective, one.promise.target, report.period) if one.objective else None
        if before is not None:
            shares = share(one.actual), share(before.actual)
            rows.append(
                (one.promise.service, one.promise.name, SIGNS[one.state], SIGNS[before.state], *shares)
            )
    headers = ("Service", "Promise", "Corrected", "As recorded", "Actual", "Actual as recorded")
    return Table("With corrections, and as recorded", headers, tuple(rows))
