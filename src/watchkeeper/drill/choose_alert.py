"""Turn the command's arguments into a drill: which alert, which fault, which stack."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

from watchkeeper import naming
from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.drill.faults import Fault, fault_for, fault_for_slo
from watchkeeper.model.alert import Alert
from watchkeeper.model.spec import Spec
from watchkeeper.model.week_minutes import is_within
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.notified_labels import routes_of
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedRoute
from watchkeeper.plan.slo.detection import Detection, page_detection
from watchkeeper.stack import record as records
from watchkeeper.stack.record import Record
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State


def choose_alert(spec: Spec, name: str) -> tuple[Alert, Fault]:
    """Return the demo's alert of that name and the fault that triggers it; raise StackError with alternatives."""
    service = next((one for one in spec.services if one.name == spec.stack.demo), None)
    if service is None:
        raise StackError(
            "this spec has no demo, which a drill injects its fault into: set `stack.demo` to a service"
        )
    possible = {alert.name: fault for alert in service.alerts if (fault := fault_for(alert)) is not None}
    if name in possible:
        return next(alert for alert in service.alerts if alert.name == name), possible[name]
    listed = ", ".join(possible) or "none"
    if any(alert.name == name for alert in service.alerts):
        raise StackError(f"the demo has no fault that triggers {name}; drills exist for: {listed}")
    advice = did_you_mean(name, possible, f"drills exist for: {listed}")
    raise StackError(f"{service.name} has no alert {name}: {advice}")


def planned(plan: Plan, alert: Alert) -> PlannedAlert:
    """Return the plan's form of the demo's alert."""
    return alert_named(plan, alert.name)


def alert_named(plan: Plan, name: str) -> PlannedAlert:
    """Return the demo's alert of a name that is known to be there."""
    demo = (service for service in plan.services if service.is_demo)
    return next(one for service in demo for one in service.all_alerts if one.name == name)


def choose_slo(plan: Plan, name: str, errors: Decimal) -> tuple[PlannedAlert, Fault, Detection]:
    """Return the page of the demo's objective, the fault that burns its budget, and when the page is due.

    `errors` is the share of events that the fault makes bad. Raises StackError with alternatives.
    """
    demo = next((service for service in plan.services if service.is_demo), None)
    if demo is None:
        raise StackError(
            "this spec has no demo, which a drill injects its fault into: set `stack.demo` to a service"
        )
    slo = next((one for one in demo.slos if name in (one.name, one.slo_id)), None)
    if slo is None:
        names = [one.name for one in demo.slos]
        advice = did_you_mean(name, names, f"the objectives are: {', '.join(names) or 'none'}")
        raise StackError(f"{demo.name} has no objective {name}: {advice}")
    page = next((one for one in slo.alerts if one.slo_kind == naming.FAST_BURN), None)
    fault, due = fault_for_slo(slo.spec, errors), page_detection(slo, errors)
    if page is None or due is None:
        highest = min(
            (tier.threshold for tier in slo.tiers if tier.alert_kind == naming.FAST_BURN), default=None
        )
        limit = (
            "has no page" if highest is None or page is None else f"pages above {percentage(highest)} only"
        )
        raise StackError(f"{name} {limit}: a drill with {percentage(errors)} of errors would wait forever")
    if fault is None:
        raise StackError(
            f"the demo has no fault that makes {percentage(errors)} of {slo.indicator.unit} bad for {name}"
        )
    return page, fault, due


def notifying_route(plan: Plan, alert: PlannedAlert) -> PlannedRoute:
    """Return the alert's route, of two the one that notifies now; raise StackError when it notifies nobody."""
    route = _route_now(plan, alert)
    if not route.integrations:
        raise StackError(
            f"the spec notifies nobody of {alert.name}, so there is no page to wait for:"
            f" add a receiver and a route for `{alert.severity}` under `notify`"
        )
    return route


def _route_now(plan: Plan, alert: PlannedAlert) -> PlannedRoute:
    first, *others = routes_of(plan, alert)
    if not others:
        return first
    at = datetime.now(timezone.utc)
    now = {one.name for one in (*plan.routing.mutes, *plan.routing.active_hours) if is_within(one, at)}
    return next((route for route in (first, *others) if route.notifies(now)), first)


def running_stack(root: Path, state: State, plan: Plan) -> Record | None:
    """Return the native stack that runs here, or None; raise StackError when a drill on it would page people."""
    record = records.load(state)
    if record is None or record.mode != "native" or record.root != root.resolve():
        return None
    receivers = {receiver.name for route in plan.routing.routes for receiver in route.integrations}
    real = sorted(receivers - set(record.redirected))
    if real:
        message = f"the running stack notifies real people ({', '.join(real)}); a drill on it would page them"
        raise StackError(f"{message}: add --private to use a separate stack")
    return record
