"""The label sets that a proof of routes asks about: every alert, and strangers that differ from one by a single label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.model.alert import SEVERITIES
from watchkeeper.plan.notified_labels import notified_labels
from watchkeeper.plan.plan import Plan, PlannedAlert
from watchkeeper.verify.routing.route_walk import RouteWalk
from watchkeeper.verify.routing.routing_config import RouteNode

# What no label of a spec is: a value that begins or ends like another is one that a loose pattern lets in.
_ELSE = "-else"


@dataclass(frozen=True, slots=True)
class Witness:
    """A label set as Alertmanager receives it, and how to speak of it; `alert` is None for a stranger."""

    about: str
    labels: Mapping[str, str]
    alert: PlannedAlert | None = None


def alerts_of(plan: Plan) -> tuple[Witness, ...]:
    """Return every alert of the plan with its labels and the external ones."""
    return tuple(
        Witness(f"{alert.name} ({alert.service})", notified_labels(alert, plan.stack), alert)
        for service in plan.alerting_services
        for alert in service.all_alerts
    )


def strangers(plan: Plan, alerts: tuple[Witness, ...], promise: RouteNode) -> tuple[Witness, ...]:
    """Return what the published routes must not treat as an alert of the spec, and the drills of each receiver."""
    found: dict[frozenset[tuple[str, str]], Witness] = {}
    drills = [Witness(f"the drill of {one.name}", _drill(one.name)) for one in plan.routing.receivers]
    unknown = Witness("an alert that the spec does not know", {"alertname": "Unknown"})
    for one in (unknown, *_nearly((*alerts, *drills), promise)):
        found.setdefault(frozenset(one.labels.items()), one)
    known = {frozenset(one.labels.items()) for one in alerts}
    return (*drills, *(one for labels, one in found.items() if labels not in known))


def _drill(receiver: str) -> dict[str, str]:
    return {
        "alertname": naming.DRILL_ALERT,
        naming.DRILL_LABEL: receiver,
        naming.DRILL_ID_LABEL: "1",
    }


def _nearly(known: tuple[Witness, ...], promise: RouteNode) -> Iterator[Witness]:
    """Yield, for one alert of each promised route, what differs from it in one label that the route reads."""
    walk = RouteWalk(promise)
    takers = {route: one for one in reversed(known) for route in walk.taken(one.labels)}
    for route in _every(promise):
        # A route that no alert takes would take one that is made of what it asks for.
        made = {name: value for name, operator, value in route.matchers if operator == "="}
        one = takers.get(route) or Witness("an alert", {"alertname": "Unknown", **made})
        yield one
        for name, _, _ in route.matchers:
            yield from changed(one, name)


def _every(route: RouteNode) -> Iterator[RouteNode]:
    yield route
    for child in route.routes:
        yield from _every(child)


def changed(one: Witness, name: str) -> Iterator[Witness]:
    """Yield the alert with other values of one label, and without it."""
    has = one.labels.get(name, "")
    values = [has + _ELSE, _ELSE.lstrip("-") + has, *(SEVERITIES if name == "severity" else ())]
    for value in values:
        if value != has:
            yield Witness(f'{one.about} with {name}="{value}"', {**one.labels, name: value})
    rest = {label: value for label, value in one.labels.items() if label != name}
    yield Witness(f"{one.about} without {name}", rest)
