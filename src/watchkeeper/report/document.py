"""The report as one JSON document: every figure that a page shows, and the sums from which it can be recomputed."""

from __future__ import annotations

import json

from watchkeeper.export.period import iso
from watchkeeper.report.corrected_tables import corrections_of
from watchkeeper.report.daily_figures import Day
from watchkeeper.report.figures import PromiseFigures, Report, reliability
from watchkeeper.report.history import AlertSpan
from watchkeeper.report.incident import Incident
from watchkeeper.report.left_out_values import (
    Object,
    as_recorded_values,
    correction_values,
    exact,
    left_out_values,
    promise_as_recorded,
    taken_out_values,
    window_values,
)
from watchkeeper.report.objective_figures import ObjectiveFigures, TargetPart
from watchkeeper.report.recorded_gaps import Gap

FORMAT = "watchkeeper/report/v1"


def document(report: Report) -> Object:
    """Return the report as plain values. Ratios are shares, times UTC, lengths seconds."""
    is_team = report.audience == "team"
    found: Object = {
        "format": FORMAT,
        "tool": f"watchkeeper {report.version}",
        "generated_at": iso(report.at),
        "audience": report.audience,
        "period": _period(report),
        "states": report.states,
        "promises": [_promise(one, report) for one in report.promises],
        "corrections": [correction_values(one, is_team) for one in corrections_of(report)],
        "maintenance_windows": [window_values(one, is_team) for one in report.planned.windows],
    }
    if is_team:
        found |= {
            "source": report.source,
            "spec": {"path": report.facts.source, "sha256": report.facts.sha256}
            if report.facts.sha256
            else None,
            "evaluation_interval_seconds": exact(report.interval),
            "reliability": _reliability(report),
            "objectives": [_objective(one, report) for one in report.objectives],
            "pages_without_an_incident": [_alert(one) for one in report.unexplained],
        }
    return found


def as_json(report: Report) -> str:
    """Return the document as text, sorted and indented."""
    return json.dumps(document(report), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _time(when: float | None) -> str | None:
    return None if when is None else iso(when)


def _period(report: Report) -> Object:
    period = report.period
    return {
        "name": period.name,
        "from": iso(period.start),
        "to": iso(period.end),
        "known_until": iso(period.until),
        "is_running": period.is_running,
        "time_zone": period.zone,
        "seconds": period.seconds,
        "elapsed_seconds": period.elapsed,
    }


def _promise(one: PromiseFigures, report: Report) -> Object:
    is_team = report.audience == "team"
    found: Object = {
        "service": one.promise.service,
        "promise": one.promise.name,
        "sentence": one.promise.sentence,
        "state": one.state,
        "target": exact(one.promise.target),
        "actual": exact(one.actual),
        "margin": exact(one.margin),
        "coverage": exact(one.coverage),
        "reason": one.promise.reason or None,
    }
    objective = one.objective
    if objective is not None:
        found["as_recorded"] = promise_as_recorded(one, report)
    if objective is not None and not is_team:
        found["days"] = [
            {"date": day.date, "error_ratio": exact(day.error_ratio), "coverage": exact(day.coverage)}
            for day in objective.days
        ]
        found["incidents"] = [
            {
                "from": _time(each.start),
                "to": _time(each.end),
                "seconds": exact(each.seconds),
                "note": (each.note.public or None) if each.note else None,
            }
            for each in one.incidents
        ]
    elif objective is not None:
        found["objective"] = objective.slo_id
    return found


def _reliability(report: Report) -> Object:
    found = reliability(report.objectives, report.period)
    return {
        "incidents": found.count,
        "longest_seconds": exact(found.longest),
        "mean_time_to_recovery_seconds": exact(found.mttr),
        "mean_time_between_failures_seconds": exact(found.mtbf),
        "mean_time_to_page_seconds": exact(found.mean_late),
    }


def _objective(one: ObjectiveFigures, report: Report) -> Object:
    return {
        **_described(one),
        **_measured(one),
        "targets": list(map(_target, one.targets)),
        "budget": _budget(one),
        "as_recorded": as_recorded_values(one, report),
        "corrections": [taken_out_values(each) for each in report.taken_out if each.objective == one.name],
        "planned_work_left_out": left_out_values(one, report),
        "gaps": list(map(_gap, one.gaps)),
        "days": list(map(_day, one.days)),
        "incidents": [_incident(each, report) for each in one.listed],
        "smaller_incidents": _smaller(one),
        "previous": _previous(one, report),
    }


def _described(one: ObjectiveFigures) -> Object:
    return {
        "name": one.name,
        "service": one.service,
        "slo": one.slo,
        "slo_id": one.slo_id,
        "team": one.team,
        "description": one.description,
        "unit": one.unit,
        "state": one.state,
    }


def _measured(one: ObjectiveFigures) -> Object:
    return {
        "target": exact(one.target),
        "actual": exact(one.actual),
        "margin": exact(one.margin),
        "actual_if_all_gaps_were_bad": exact(one.at_worst),
        "bad_events": exact(one.sums.bad),
        "total_events": exact(one.sums.total),
        "rollups": one.sums.rollups,
        "coverage": exact(one.coverage),
    }


def _target(part: TargetPart) -> Object:
    return {
        "from": iso(part.start),
        "to": iso(part.end),
        "target": exact(part.target),
        "error_ratio": exact(part.error_ratio),
    }


def _budget(one: ObjectiveFigures) -> Object | None:
    budget = one.budget
    if budget is None:
        return None
    return {
        "events": exact(budget.events),
        "seconds_of_total_outage": exact(budget.seconds),
        "spent": exact(budget.spent),
        "left": exact(budget.left),
    }


def _gap(gap: Gap) -> Object:
    return {
        "from": iso(gap.start),
        "to": iso(gap.end),
        "seconds": exact(gap.seconds),
        "reason": gap.reason,
        "counted": gap.counted,
    }


def _day(day: Day) -> Object:
    return {
        "date": day.date,
        "bad_events": exact(day.sums.bad),
        "total_events": exact(day.sums.total),
        "rollups": day.sums.rollups,
        "coverage": exact(day.coverage),
        "budget_left": exact(day.left),
    }


def _smaller(one: ObjectiveFigures) -> Object:
    bad = sum(each.bad for each in one.incidents) - sum(each.bad for each in one.listed)
    return {"count": len(one.incidents) - len(one.listed), "bad_events": exact(bad)}


def _previous(one: ObjectiveFigures, report: Report) -> Object | None:
    sums = one.previous_sums
    if sums is None:
        return None
    return {
        "period": report.period.previous().name,
        "actual": exact(one.previous),
        "bad_events": exact(sums.bad),
        "total_events": exact(sums.total),
        "rollups": sums.rollups,
    }


def _incident(one: Incident, report: Report) -> Object:
    note = one.note
    return {
        "from": iso(one.start),
        "to": _time(one.end),
        "seconds": exact(one.seconds),
        "bad_events": exact(one.bad),
        "budget_share": exact(one.share),
        "paged": one.paged,
        "seconds_to_page": exact(one.late),
        "alerts": [
            {**_alert(alert), "receivers": list(report.facts.notified(alert.service, alert.name))}
            for alert in one.alerts
        ],
        "by_handler_and_status": [
            {"handler": each.handler, "status": each.status, "bad": exact(each.bad)} for each in one.culprits
        ],
        "cause": (note.cause or None) if note else None,
        "postmortem": (note.postmortem or None) if note else None,
    }


def _alert(one: AlertSpan) -> Object:
    return {
        "alert": one.name,
        "severity": one.severity,
        "service": one.service,
        "from": _time(one.start),
        "to": _time(one.end),
    }
