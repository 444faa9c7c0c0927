"""What customers see: promises, their days and their incidents, without internal names."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.report.corrected_tables import corrected_tables
from watchkeeper.report.figures import PromiseFigures, Report
from watchkeeper.report.planned_tables import planned_tables
from watchkeeper.report.report_tables import Row, Table, days_table, promises_table
from watchkeeper.report.words import NONE, length, moment_text


def customer_tables(report: Report) -> Iterator[Table]:
    """Yield the tables of a report for customers."""
    yield promises_table(report)
    yield customer_incidents(report)
    yield from corrected_tables(report)
    yield from planned_tables(report)
    yield from (days for _, days in customer_days(report))


def customer_incidents(report: Report) -> Table:
    """Return the incidents behind the promises, with the notes that are for the public."""
    headers = ("Service", "Start", "End", "Length", "Note")
    return Table("Incidents", headers, tuple(_incidents(report)), "No incident in this period.")


def customer_days(report: Report) -> Iterator[tuple[PromiseFigures, Table]]:
    """Yield each promise that has days, with them."""
    for one in report.promises:
        if one.objective is not None and one.objective.days:
            days = days_table(one.objective)
            kept = [index for index, name in enumerate(days.headers) if name in ("Day", "Good", "Coverage")]
            rows = tuple(tuple(row[index] for index in kept) for row in days.rows)
            headers = tuple(days.headers[index] for index in kept)
            yield one, Table(f"{one.promise.service}, {one.promise.name}", headers, rows)


def _incidents(report: Report) -> Iterator[Row]:
    period = report.period
    for one in report.promises:
        for each in one.incidents:
            yield (
                one.promise.service,
                moment_text(each.start, period),
                moment_text(each.end, period) if each.end is not None else "lasts",
                length(each.seconds),
                (each.note.public if each.note else "") or NONE,
            )
