"""The tables of the report as texts, the same for every format that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from watchkeeper.report.figures import Report
from watchkeeper.report.objective_figures import AsRecorded, ObjectiveFigures, State, as_recorded
from watchkeeper.report.words import (
    NONE,
    SIGNS,
    count,
    length,
    margin_text,
    moment_text,
    percent,
    period_text,
    share,
    target_text,
)

_MOST_GAPS, _MOST_CORRECTED = 20, 10
NOTHING = "No objective was recorded in this period."
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column names the row. `empty` is what to say if there are no rows, `note` what to add.

    Short cells of a table that `is_wide` stay on one line. `links` are addresses by row and column. `tags` are those of
    each row, as `name=value`, by which a script of the page filters.
    """

    caption: str
    headers: Row
    rows: tuple[Row, ...]
    empty: str = ""
    note: str = ""
    is_wide: bool = True
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    tags: tuple[Row, ...] = ()


def header_rows(report: Report) -> tuple[Row, ...]:
    """Return what the report is about, line by line."""
    period, facts = report.period, report.facts
    services = {one.promise.service for one in report.promises}
    if report.audience == "team":
        services |= {one.service for one in report.objectives}
    rows = [("Service", ", ".join(filter(None, sorted(services))) or NONE), ("Period", period_text(period))]
    if period.is_running:
        rows.append(("Known until", f"{moment_text(period.until, period)}: the period still runs"))
    rows.append(("Generated", f"{moment_text(report.at, period)} by watchkeeper {report.version}"))
    if report.audience == "team":
        rows.append(("Source", report.source))
        spec = (
            f"{facts.source}, SHA-256 {facts.sha256}"
            if facts.sha256
            else "none: only recorded series were read"
        )
        rows.append(("Spec", spec))
    return tuple(rows)


def promises_table(report: Report) -> Table:
    """Return the promises to customers."""
    return Table(
        "Promises to customers",
        ("State", "Service", "Promise", "Target", "Actual", "Margin", "Coverage"),
        tuple(
            (
                SIGNS[one.state],
                one.promise.service,
                one.promise.sentence,
                target_text(one.promise.target),
                share(one.actual) if one.actual is not None else one.promise.reason or NONE,
                margin_text(one.margin),
                percent(one.coverage),
            )
            for one in report.promises
        ),
        "The spec has no promises to customers (`sla:`).",
        _corrected(
            (
                f"{one.promise.service} {one.promise.name}",
                one.state,
                as_recorded(one.objective, one.promise.target, report.period) if one.objective else None,
            )
            for one in report.promises
        ),
    )


def objectives_table(report: Report) -> Table:
    """Return the objectives, worst first."""
    return Table(
        "Objectives",
        (
            "State",
            "Objective",
            "Target",
            "Actual",
            "Margin",
            "Budget spent",
            "Left, as outage",
            "Left, as events",
            "Incidents",
            "Coverage",
            "If gaps were bad",
            "Period before",
        ),
        tuple(_objective_row(one) for one in report.objectives),
        NOTHING,
        _corrected(
            (one.name, one.state, as_recorded(one, one.target, report.period)) for one in report.objectives
        ),
    )


def _corrected(found: Iterable[tuple[str, State, AsRecorded | None]]) -> str:
    """Return the note below a table with corrected figures: which ones, and what they are as recorded."""
    said = [
        f"{name} ({SIGNS[before.state]} as recorded)" if before.state != state else name
        for name, state, before in found
        if before is not None
    ]
    shown = ", ".join(said[:_MOST_CORRECTED])
    more = f" and {len(said) - _MOST_CORRECTED} more" if len(said) > _MOST_CORRECTED else ""
    return f"Corrected by hand: {shown}{more}." if said else ""


def _objective_row(one: ObjectiveFigures) -> Row:
    budget = one.budget
    return (
        SIGNS[one.state],
        one.name,
        target_text(one.target),
        share(one.actual),
        margin_text(one.margin),
        percent(budget.spent) if budget else NONE,
        f"{length(budget.seconds * budget.left)} of {length(budget.seconds)}" if budget else NONE,
        f"{count(budget.events * budget.left)} of {count(budget.events)} {one.unit}" if budget else NONE,
        str(len(one.listed)),
        percent(one.coverage),
        share(one.at_worst),
        _trend(one),
    )


def _trend(one: ObjectiveFigures) -> str:
    if one.previous is None:
        return NONE
    if one.actual is None:
        return share(one.previous)
    change = one.actual - one.previous
    arrow = "→" if abs(change) < 5e-7 else "↑" if change > 0 else "↓"
    return f"{share(one.previous)} {arrow} {margin_text(change)}"


def gaps_table(report: Report) -> Table:
    """Return the longest gaps of the record."""
    every = [(one, gap) for one in report.objectives for gap in one.gaps]
    every.sort(key=lambda pair: (-pair[1].seconds, pair[1].start, pair[0].name))
    rows = tuple(
        (
            one.name,
            moment_text(gap.start, report.period),
            moment_text(gap.end, report.period),
            length(gap.seconds),
            gap.reason,
            gap.counted,
        )
        for one, gap in every[:_MOST_GAPS]
    )
    rest = every[_MOST_GAPS:]
    note = (
        f"{len(rest)} further gaps, {length(sum(gap.seconds for _, gap in rest))} in all, are in the JSON."
        if rest
        else ""
    )
    return Table(
        "Gaps",
        ("Objective", "From", "To", "Length", "What is missing", "How it was counted"),
        rows,
        "Every evaluation of the period was recorded." if report.objectives else NOTHING,
        note,
    )


def days_table(one: ObjectiveFigures) -> Table:
    """Return an objective's days."""
    rows = tuple(
        (
            day.date,
            share(None if day.error_ratio is None else 1 - day.error_ratio),
            count(day.sums.bad),
            count(day.sums.total),
            percent(day.left),
            percent(day.coverage),
        )
        for day in one.days
    )
    headers = ("Day", "Good", "Bad events", "All events", "Budget left", "Coverage")
    return Table(f"{one.name}, by day", headers, rows, is_wide=False)


def targets_table(one: ObjectiveFigures, report: Report) -> Table:
    """Return the targets of an objective that changed inside the period; empty if there was only one."""
    parts: Sequence[Row] = [
        (
            moment_text(part.start, report.period),
            moment_text(part.end, report.period),
            target_text(part.target),
            share(None if part.error_ratio is None else 1 - part.error_ratio),
        )
        for part in one.targets
    ]
    rows = tuple(parts) if len(parts) > 1 else ()
    return Table(f"{one.name}, its targets", ("From", "To", "Target", "Actual"), rows)
