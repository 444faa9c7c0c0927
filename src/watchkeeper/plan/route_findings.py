"""The plan's findings about routes: a wait that is longer than what it delays."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.finding import Finding
from watchkeeper.model.notify import DEFAULT_TIMES, Route
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.plan.slo.detection import detection
from watchkeeper.plan.slo.slo_planner import plan_slo

# An alert that a route takes, and after how many seconds it fires at the earliest, while everything fails.
_Earliest = tuple[str, float]


def route_findings(spec: Spec) -> Iterator[Finding]:
    """Yield an error for each `group_wait` that is longer than the fastest alert of its route takes to fire.

    Whoever shortens the detection would wait for the grouping instead. A wait up to the usual one is always allowed.
    """
    fastest: dict[Route, _Earliest] = {}
    for service in spec.services if _has_waits(spec) else ():
        for route, found in _taken(service, spec):
            fastest[route] = min(fastest.get(route, found), found, key=lambda one: one[1])
    for route, (name, seconds) in fastest.items():
        wait, usual = route.times.group_wait, DEFAULT_TIMES[route.severity].group_wait
        if wait > usual and wait.seconds > Decimal(seconds):
            least = Duration(max(int(seconds), int(usual.seconds)) * 1000)
            message = f"a `group_wait` of {wait} is longer than {name} takes to fire while everything fails: {round(seconds)}s"
            where = route.wait_where or route.where
            yield Finding(where=where, code="WK230", message=message, remedy=f"write {least} or less")


def _has_waits(spec: Spec) -> bool:
    notify = spec.notify
    routes = (*notify.routes, *(route for one in (*notify.teams, *notify.services) for route in one.routes))
    own = (
        route
        for service in spec.services
        for routes in (*(alert.routes for alert in service.alerts), *(slo.routes for slo in service.slos))
        for route in routes
    )
    return any(route.wait_where is not None for route in (*routes, *own))


def _taken(service: Service, spec: Spec) -> Iterator[tuple[Route, _Earliest]]:
    evaluation = float(spec.stack.evaluation_interval.seconds)
    for alert in service.alerts:
        route = spec.notify.route_for(
            alert.severity, service=service.name, team=service.team, own=alert.routes
        )
        if route is not None:
            yield route, (alert.name, float(alert.hold.seconds) + evaluation)
    for slo in service.slos:
        planned = plan_slo(slo, service, spec)
        for one in planned.alerts:
            if one.route is not None and one.slo_kind in (naming.FAST_BURN, naming.SLOW_BURN):
                tiers = [tier for tier in planned.tiers if tier.alert_kind == one.slo_kind]
                found = [detection(tier, planned, Decimal(1)).seconds for tier in tiers]
                seconds = min((each for each in found if each is not None), default=None)
                if seconds is not None:
                    yield one.route, (one.name, seconds + float(one.hold.seconds))
