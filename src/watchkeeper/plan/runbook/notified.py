"""Whom an alert notifies and when, as its route says; the only part of a runbook that reads the routing."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import NamedTuple

from watchkeeper.model.notify import Email, PagerDuty, Receiver, Slack
from watchkeeper.plan.inhibitions import inhibited_by
from watchkeeper.plan.notified_labels import route_outside, route_to_people
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService, PlannedSlo


class Notified(NamedTuple):
    """Receivers with the places that they reach, and the times of their route; `mutes` and `active_hours` are names.

    `outside` are the receivers of other times.
    """

    receivers: tuple[tuple[str, str], ...]
    wait: str
    repeat: str
    grouped_by: str
    mutes: tuple[str, ...]
    active_hours: tuple[str, ...]
    outside: tuple[tuple[str, str], ...]


def notified_by(alert: PlannedAlert, plan: Plan) -> Notified | None:
    """Return whom the alert notifies; None where no route takes it."""
    route = route_to_people(plan, alert)
    if route is None:
        return None
    outside = route_outside(plan, alert)
    return Notified(
        tuple((one.name, _reaches(one)) for one in route.integrations),
        str(route.group_wait),
        str(route.repeat_interval),
        ", ".join(route.group_by),
        route.mutes,
        route.active_hours,
        tuple((one.name, _reaches(one)) for one in outside.integrations) if outside is not None else (),
    )


def _reaches(receiver: Receiver) -> str:
    match receiver.integration:
        case Slack(channel=channel):
            return f"Slack, {channel}"
        case Email(to=to):
            return f"mail to {to}"
        case PagerDuty():
            return "PagerDuty"
        case other:
            return other.kind


class Mutings:
    """Which alerts take the place of others, found once for alerts of the same kinds."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[Hashable, tuple[int, ...]] = {}

    def names(self, alert: PlannedAlert, slo: PlannedSlo | None, service: PlannedService) -> tuple[str, ...]:
        """Return the alerts of its service and objective that notify instead of an alert while they fire."""
        # Every inhibit rule compares services or objectives, so no other alert needs a look.
        near = (*service.alerts, *(slo.alerts if slo is not None else ()))
        kinds = tuple((one.slo_kind, one.preset, one.severity) for one in near)
        key = (near.index(alert) if slo is None else alert.slo_kind, kinds)
        if key not in self._known:
            only = replace(self._plan, services=(replace(service, alerts=near, slos=()),))
            found = {other.name for other in inhibited_by(only, alert)}
            self._known[key] = tuple(index for index, one in enumerate(near) if one.name in found)
        return tuple(near[index].name for index in self._known[key])
