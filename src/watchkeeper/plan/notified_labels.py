"""An alert's labels as Alertmanager receives them, and whether the matchers of a route or an inhibition fit them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchkeeper.emit.promql import alert_template_unescape
from watchkeeper.model.stack import Stack
from watchkeeper.plan.plan import Matcher, Plan, PlannedAlert, PlannedRoute


def notified_labels(alert: PlannedAlert, stack: Stack) -> dict[str, str]:
    """Return the labels that Prometheus sends: external labels, except where the alert has its own."""
    own = {name: alert_template_unescape(value) for name, value in alert.labels if value}
    return {"alertname": alert.name} | dict(stack.external_labels) | own


def fits(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    """Return whether all matchers fit; a missing label is empty, as in Alertmanager."""
    return all(_fits(matcher, labels) for matcher in matchers)


def route_of(plan: Plan, alert: PlannedAlert) -> PlannedRoute:
    """Return the alert's route: the first one that fits, else the fallback."""
    return routes_of(plan, alert)[0]


def routes_of(plan: Plan, alert: PlannedAlert) -> tuple[PlannedRoute, ...]:
    """Return the alert's route, and the one for the times outside of its hours if there is one."""
    labels = notified_labels(alert, plan.stack)
    fitting = (route for route in plan.routing.routes if fits(route.matchers, labels))
    first = next(fitting, plan.routing.fallback)
    return (first, next(fitting)) if first.continues else (first,)


def route_to_people(plan: Plan, alert: PlannedAlert) -> PlannedRoute | None:
    """Return the spec's route that takes the alert; None for the fallback and for the Watchdog."""
    route = route_of(plan, alert)
    return None if route is plan.routing.fallback or _is_watchdog(plan, alert) else route


def route_outside(plan: Plan, alert: PlannedAlert) -> PlannedRoute | None:
    """Return the route that notifies outside of the hours of the alert's route; None where nobody is notified then."""
    _, *outside = routes_of(plan, alert)
    return outside[0] if outside else None


def _is_watchdog(plan: Plan, alert: PlannedAlert) -> bool:
    watchdog = plan.routing.watchdog
    return watchdog is not None and fits(watchdog.matchers, notified_labels(alert, plan.stack))


def _fits(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    name, operator, value = matcher
    has = labels.get(name, "")
    if operator.endswith("~"):
        return (re.fullmatch(value, has) is not None) == (operator == "=~")
    return (has == value) == (operator == "=")
