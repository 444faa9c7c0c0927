"""Whom an alert notifies and when, as its route says; the only part of a runbook that reads the routing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from watchkeeper import naming
from watchkeeper.model.notify import Receiver
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedRoute, PlannedService, PlannedSlo


class Notified(NamedTuple):
    """Receivers with the places that they reach, and the times of their route; `mutes` are names of mute times."""

    receivers: tuple[tuple[str, str], ...]
    wait: str
    repeat: str
    grouped_by: str
    mutes: tuple[str, ...]


def notified_by(alert: PlannedAlert, plan: Plan) -> Notified | None:
    """Return whom the alert notifies; None where no route takes it."""
    route = route_of(alert, plan)
    if route is None:
        return None
    return Notified(
        tuple((one.name, _reaches(one)) for one in route.integrations),
        str(route.group_wait),
        str(route.repeat_interval),
        ", ".join(route.group_by),
        route.mutes,
    )


def route_of(alert: PlannedAlert, plan: Plan) -> PlannedRoute | None:
    """Return the route that takes the alert."""
    return next((one for one in plan.routing.routes if one.severity == alert.severity), None)


def _reaches(receiver: Receiver) -> str:
    integration = receiver.integration
    match integration.kind:
        case "slack":
            return f"Slack, {getattr(integration, 'channel', '')}"
        case "email":
            return f"mail to {getattr(integration, 'to', '')}"
        case "pagerduty":
            return "PagerDuty"
        case _:
            return integration.kind


def muted_by(alert: PlannedAlert, slo: PlannedSlo | None, service: PlannedService) -> Iterator[str]:
    """Yield the alerts that notify in this alert's place while they fire, as the inhibit rules have it."""
    if alert.severity != "critical":
        for other in service.alerts:
            if other.preset == "service_down" and other.severity == "critical" and other is not alert:
                yield other.name
    source = _SOURCES.get(alert.slo_kind or "")
    for other in slo.alerts if slo is not None and source else ():
        if other.slo_kind == source:
            yield other.name


_SOURCES = {
    naming.SLOW_BURN: naming.FAST_BURN,
    naming.BUDGET_EXHAUSTED: naming.FAST_BURN,
    naming.IDLE: naming.METRIC_MISSING,
}
