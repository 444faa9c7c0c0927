"""What is left out of a report's figures, as values: planned work, corrections, and the figures with those events."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from watchkeeper.export.period import iso
from watchkeeper.model.correction import Correction
from watchkeeper.report.corrected_history import TakenOut
from watchkeeper.report.error_budget import budget_of
from watchkeeper.report.figures import PromiseFigures, Report
from watchkeeper.report.left_out_events import HeldWindow, with_planned_work
from watchkeeper.report.objective_figures import ObjectiveFigures, as_recorded

Object = dict[str, Any]
# Sums of floats differ in their last digits where the order of summing does.
_DIGITS = 12


def exact(value: float | Decimal | None) -> float | int | None:
    """Return a number with twelve significant digits, whole numbers without a fraction."""
    if value is None:
        return None
    found = float(f"{float(value):.{_DIGITS}g}")
    return int(found) if found.is_integer() and abs(found) < 1e15 else found


def window_values(one: HeldWindow, is_team: bool) -> Object:
    """Return a maintenance window."""
    found = {"service": one.service, "name": one.name, "from": iso(one.start), "to": iso(one.end)}
    found["reason"] = one.reason
    return {**found, "author": one.author} if is_team else found


def correction_values(one: Correction, is_team: bool) -> Object:
    """Return a correction; customers see no internal names, neither author nor ticket."""
    found: Object = {
        "from": iso(one.span[0]),
        "to": iso(one.span[1]),
        "left_out": one.leaves_out,
        "share_of_bad_events": exact(one.share),
        "reason": one.reason,
    }
    if not is_team:
        return found
    about = {
        "name": one.name,
        "services": list(one.services),
        "slo": one.slo or None,
        "value": one.value or None,
    }
    return {**about, **found, "author": one.author, "ticket": one.ticket or None}


def taken_out_values(one: TakenOut) -> Object:
    """Return what a correction takes out of an objective."""
    return {"name": one.correction.name, "bad_events": exact(one.bad), "total_events": exact(one.total)}


def as_recorded_values(one: ObjectiveFigures, report: Report) -> Object | None:
    """Return the figures of an objective before corrections."""
    found = as_recorded(one, one.target, report.period)
    if found is None or one.recorded is None:
        return None
    return {
        "state": found.state,
        "actual": exact(found.actual),
        "bad_events": exact(one.recorded.bad),
        "total_events": exact(one.recorded.total),
        "budget_spent": exact(found.budget.spent if found.budget else None),
    }


def promise_as_recorded(one: PromiseFigures, report: Report) -> Object | None:
    """Return the verdict about a promise before corrections; None where none is about its objective."""
    found = as_recorded(one.objective, one.promise.target, report.period) if one.objective else None
    return None if found is None else {"state": found.state, "actual": exact(found.actual)}


def left_out_values(one: ObjectiveFigures, report: Report) -> Object | None:
    """Return the events that are in no other figure of an objective, and what they would change."""
    found = report.planned.of(one.slo_id)
    if found is None:
        return None
    every = with_planned_work(one.sums, found)
    ratio = every.error_ratio(report.period.elapsed)
    budget = budget_of(every, one.target, report.period)
    return {
        "bad_events": exact(found.bad),
        "total_events": exact(found.total),
        "actual_with_them": exact(None if ratio is None else 1 - ratio),
        "budget_spent_with_them": exact(budget.spent if budget else None),
    }
