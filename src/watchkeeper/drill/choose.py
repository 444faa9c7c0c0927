"""Turn the command's words into a drill: which alert, which fault, whose stack."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from watchkeeper.drill.faults import Fault, fault_for
from watchkeeper.model.alert import Alert
from watchkeeper.model.spec import Spec
from watchkeeper.plan.values import Plan, PlannedAlert, PlannedRoute
from watchkeeper.stack import record as records
from watchkeeper.stack.failure import StackError
from watchkeeper.stack.record import Record
from watchkeeper.stack.state import State


def choose_alert(spec: Spec, name: str) -> tuple[Alert, Fault]:
    """Return the demo's alert of that name and the fault that trips it; raise StackError with what would do."""
    service = next((one for one in spec.services if one.name == spec.stack.demo), None)
    if service is None:
        raise StackError(
            "a drill breaks the bundled demo, and this spec has none: set `stack.demo` to a service"
        )
    possible = {alert.name: fault for alert in service.alerts if (fault := fault_for(alert)) is not None}
    if name in possible:
        return next(alert for alert in service.alerts if alert.name == name), possible[name]
    listed = ", ".join(possible) or "none"
    if any(alert.name == name for alert in service.alerts):
        raise StackError(f"the demo has no fault that trips {name}; drills exist for: {listed}")
    close = get_close_matches(name, possible, n=1)
    advice = f"did you mean {close[0]}?" if close else f"drills exist for: {listed}"
    raise StackError(f"{service.name} has no alert {name}: {advice}")


def planned(plan: Plan, alert: Alert) -> PlannedAlert:
    """Return the plan's form of the demo's alert."""
    return next(
        one
        for service in plan.services
        if service.is_demo
        for one in service.alerts
        if one.name == alert.name
    )


def route_of(plan: Plan, alert: PlannedAlert) -> PlannedRoute:
    """Return the route that takes the alert; raise StackError when nobody is told by it."""
    routing = plan.routing
    route = next((one for one in routing.routes if one.severity == alert.severity), routing.fallback)
    if not route.integrations:
        raise StackError(
            f"the spec tells nobody of {alert.name}, so there is no page to wait for:"
            f" add a receiver and a route for `{alert.severity}` under `notify`"
        )
    return route


def running_stack(root: Path, state: State, plan: Plan) -> Record | None:
    """Return the native stack that runs here if a drill on it tells nobody real; None when there is none.

    Raises StackError when it would page people.
    """
    record = records.load(state)
    if record is None or record.mode != "native" or record.root != root.resolve():
        return None
    receivers = {receiver.name for route in plan.routing.routes for receiver in route.integrations}
    real = sorted(receivers - set(record.diverted))
    if real:
        message = f"the running stack tells real people ({', '.join(real)}); a drill on it would page them"
        raise StackError(f"{message}: add --private for a stack of the drill's own")
    return record
