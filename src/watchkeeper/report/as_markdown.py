"""The report as Markdown, for terminals, tickets and mails."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.emit.markdown import inline, table
from watchkeeper.report.corrected_tables import corrected_tables
from watchkeeper.report.customer_tables import customer_tables
from watchkeeper.report.figures import Report
from watchkeeper.report.incident_tables import incident_tables, worst_table
from watchkeeper.report.method import accuracy, method
from watchkeeper.report.monthly_table import months_table
from watchkeeper.report.planned_tables import planned_tables
from watchkeeper.report.report_tables import (
    Table,
    days_table,
    gaps_table,
    header_rows,
    objectives_table,
    promises_table,
    targets_table,
)
from watchkeeper.report.words import headline


def as_markdown(report: Report) -> str:
    """Return the report as Markdown; text of users stays text."""
    parts = [
        "# Compliance report\n",
        f"{inline(headline(report))}\n",
        table(("", ""), header_rows(report), aligned=False),
    ]
    sections = customer_tables(report) if report.audience == "customer" else _team(report)
    parts += [section for one in sections for section in _section(one)]
    if report.audience == "team":
        parts += ["## Accuracy\n", f"{inline(accuracy(report))}\n"]
    parts += ["## Method\n", table(("Term", "Meaning"), method(report), aligned=False)]
    return "\n".join(parts)


def _section(one: Table) -> Iterator[str]:
    yield f"## {inline(one.caption)}\n"
    yield table(one.headers, one.rows, aligned=False) if one.rows else f"{inline(one.empty)}\n"
    if one.note:
        yield f"{inline(one.note)}\n"


def _team(report: Report) -> Iterator[Table]:
    yield promises_table(report)
    yield objectives_table(report)
    yield from incident_tables(report)
    yield from corrected_tables(report)
    yield from planned_tables(report)
    yield gaps_table(report)
    for one in report.objectives:
        for each in (targets_table(one, report), months_table(one), worst_table(one), days_table(one)):
            if each.rows:
                yield each
