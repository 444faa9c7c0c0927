"""The tables about incidents and alerts as texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from watchkeeper.report.figures import Report, reliability
from watchkeeper.report.history import AlertSpan
from watchkeeper.report.incident import Incident, is_page
from watchkeeper.report.objective_figures import ObjectiveFigures
from watchkeeper.report.raw_counters import worst
from watchkeeper.report.report_tables import Row, Table
from watchkeeper.report.reporting_period import ReportingPeriod
from watchkeeper.report.words import NONE, count, length, moment_text, percent

_MOST_INCIDENTS = 50
_NO_INCIDENT = "No incident is listed."
INCIDENT_HEADERS: Final = (
    "Objective",
    "Start",
    "End",
    "Length",
    "Of the budget",
    "Bad events",
    "Alerts",
    "Page after",
    "Resolved",
)


def reliability_table(report: Report) -> Table:
    """Return counts and mean times of the incidents."""
    found = reliability(report.objectives, report.period)
    rows = (
        ("Incidents", str(found.count)),
        ("Longest", length(found.longest)),
        ("MTTR, mean time to recovery", length(found.mttr)),
        ("MTBF, mean time between failures, per objective", length(found.mtbf)),
        ("Mean time from start to page", length(found.mean_late)),
    )
    return Table("Incidents in numbers", ("What", "Value"), rows)


def incidents_table(report: Report) -> Table:
    """Return the incidents, those that spent most first; alerts, receivers, runbooks and causes with them."""
    listed = [(one, incident) for one in report.objectives for incident in one.listed]
    listed.sort(key=lambda pair: (-(pair[1].share or 0.0), pair[1].start, pair[0].name))
    rows = tuple(
        incident_row(report.period, one.name, incident) for one, incident in listed[:_MOST_INCIDENTS]
    )
    smaller = [each for one in report.objectives for each in one.incidents if each not in one.listed]
    notes = [
        _smaller(len(smaller)),
        f"{len(listed) - len(rows)} further incidents are in the JSON." if len(listed) > len(rows) else "",
    ]
    is_known = any(one.sums.rollups for one in report.objectives)
    empty = "No incident spent a hundredth of a budget, and no alert fired."
    unknown = "No rollup was recorded, so nothing is known of incidents."
    return Table(
        "Incidents", INCIDENT_HEADERS, rows, empty if is_known else unknown, " ".join(filter(None, notes))
    )


def _smaller(number: int) -> str:
    if number == 1:
        return "1 smaller incident without an alert, under 1% of its budget, is not listed."
    return (
        f"{number} smaller incidents without an alert, each under 1% of its budget, are not listed."
        if number
        else ""
    )


def incident_row(period: ReportingPeriod, name: str, incident: Incident) -> Row:
    """Return an incident of the objective of that name, for a table with INCIDENT_HEADERS."""
    return (
        name,
        moment_text(incident.start, period),
        moment_text(incident.end, period) if incident.end is not None else "lasts",
        length(incident.seconds),
        percent(incident.share),
        count(incident.bad),
        ", ".join(dict.fromkeys(alert.name for alert in incident.alerts)) or "none",
        length(incident.late) if incident.late is not None else "✘ no page",
        moment_text(incident.resolved, period),
    )


def incident_tables(report: Report) -> Iterator[Table]:
    """Yield what every report of a team says about incidents and pages, in this order."""
    yield reliability_table(report)
    yield incidents_table(report)
    if (follow_up := follow_up_table(report)).rows:
        yield follow_up
    yield unpaged_table(report)
    yield idle_pages_table(report)


def follow_up_table(report: Report) -> Table:
    """Return whom the alerts of incidents notified, their runbooks, and what people noted."""
    every = [_follow_up_row(report, one, each) for one in report.objectives for each in one.listed]
    rows = tuple(row for row in every if set(row[2:]) != {NONE})
    return Table(
        "Incidents, who and why",
        ("Objective", "Start", "Notified", "Runbook", "Cause", "Postmortem"),
        rows[:_MOST_INCIDENTS],
    )


def _follow_up_row(report: Report, one: ObjectiveFigures, incident: Incident) -> Row:
    note, facts = incident.note, report.facts
    told = dict.fromkeys(
        name for alert in incident.alerts for name in facts.notified(alert.service, alert.name)
    )
    return (
        one.name,
        moment_text(incident.start, report.period),
        ", ".join(told) or NONE,
        _runbook(report, incident),
        (note.cause if note else "") or NONE,
        (note.postmortem if note else "") or NONE,
    )


def _runbook(report: Report, incident: Incident) -> str:
    found = (report.facts.alerts.get((each.service, each.name)) for each in incident.alerts)
    return next((one.runbook for one in found if one is not None), NONE)


def unpaged_table(report: Report) -> Table:
    """Return the incidents that spent budget without a page."""
    return Table(
        "Spent budget and never paged",
        ("Objective", "Start", "Length", "Of the budget", "Other alerts"),
        tuple(
            (
                one.name,
                moment_text(each.start, report.period),
                length(each.seconds),
                percent(each.share),
                _names(each.alerts),
            )
            for one in report.objectives
            for each in one.unpaged
        ),
        "Every listed incident paged." if any(one.listed for one in report.objectives) else _NO_INCIDENT,
    )


def idle_pages_table(report: Report) -> Table:
    """Return the pages that no incident explains."""
    period = report.period
    is_any = any(
        map(is_page, (alert for one in report.objectives for each in one.incidents for alert in each.alerts))
    )
    rows = tuple(
        (
            one.name,
            one.service,
            _edge(one.start, "before the period", report),
            _edge(one.end, "fires", report),
        )
        for one in report.unexplained
    )
    return Table(
        "Paged and spent no budget",
        ("Alert", "Service", f"Start ({period.zone})", "End"),
        rows,
        "Every page had an incident." if is_any else "No page fired.",
    )


def _edge(when: float | None, instead: str, report: Report) -> str:
    return instead if when is None else moment_text(when, report.period)


def _names(alerts: Iterable[AlertSpan]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in alerts if not is_page(one))) or "none"


def worst_table(one: ObjectiveFigures) -> Table:
    """Return what an objective's incidents were about."""
    rows = tuple((each.handler, each.status, count(each.bad)) for each in worst(one))
    return Table(f"{one.name}, worst first", ("Handler", "Status", "Bad requests in incidents"), rows)
