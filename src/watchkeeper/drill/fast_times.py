"""A copy of a spec with seconds instead of minutes: the same rules and thresholds, with short windows.

Objectives keep their budgets, so also the error ratios of their tiers. Each kind of burn alert keeps its fastest tier,
over a window that errors fill within a minute. The error budget is that of two minutes, so it is spent and restored
during a drill.
"""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.model.duration import Duration
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import Plan, PlannedRoute, PlannedService, PlannedSlo
from watchkeeper.plan.slo.base_window import BaseWindow
from watchkeeper.plan.slo.indicator import indicator_of
from watchkeeper.plan.slo.recordings import live_rules, rollup_rules
from watchkeeper.plan.slo.slo_alerts import slo_alerts
from watchkeeper.plan.slo.tiers import Tier

_INTERVAL = Duration.parse("2s")
_FOR = Duration.parse("10s")
_GROUP_WAIT = Duration.parse("1s")
_GROUP_INTERVAL = Duration.parse("5s")
_BASE = Duration.parse("10s")
_KEEP_FIRING = Duration.parse("4s")
# The shorter a tier's short window, the sooner it ends: a page ends first, then a ticket, then the spent budget. So
# those that the page mutes notify too.
_WINDOWS = {
    "page": (Duration.parse("1m"), Duration.parse("15s")),
    "ticket": (Duration.parse("2m"), Duration.parse("1m")),
}
_BUDGET = Duration.parse("2m")


def with_short_times(spec: Spec) -> Spec:
    """Return the spec with short intervals, and a short `for` of its alerts."""
    services = tuple(
        replace(
            service,
            alerts=tuple(replace(alert, hold=min(alert.hold, _FOR)) for alert in service.alerts),
        )
        for service in spec.services
    )
    stack = replace(spec.stack, scrape_interval=_INTERVAL, evaluation_interval=_INTERVAL)
    return replace(spec, services=services, stack=stack)


def with_short_plan(plan: Plan, spec: Spec) -> Plan:
    """Return the plan of such a spec with short windows of objectives and short grouping, at every hour of the day."""
    routing = plan.routing
    return replace(
        plan,
        services=tuple(_service(service, spec) for service in plan.services),
        routing=replace(
            routing,
            fallback=_route(routing.fallback),
            # Of each pair that notifies in turn, the first one.
            routes=tuple(
                _route(route)
                for before, route in zip((None, *routing.routes), routing.routes, strict=False)
                if before is None or not before.continues
            ),
        ),
    )


def _route(route: PlannedRoute) -> PlannedRoute:
    quick = replace(route, group_wait=_GROUP_WAIT, group_interval=_GROUP_INTERVAL)
    return replace(quick, mutes=(), active_hours=(), continues=False)


def _service(service: PlannedService, spec: Spec) -> PlannedService:
    return replace(
        service,
        alerts=tuple(replace(alert, hold=min(alert.hold, _FOR)) for alert in service.alerts),
        slos=tuple(_objective(slo, service, spec) for slo in service.slos),
    )


def _objective(slo: PlannedSlo, service: PlannedService, spec: Spec) -> PlannedSlo:
    base = BaseWindow(scrape=_INTERVAL, evaluation=_INTERVAL, window=_BASE)
    parameters = replace(slo.parameters, tiers=_tiers(slo), base=base, window=_BUDGET, calendar=None)
    indicator = indicator_of(slo.spec, service.spec, base)
    alerts = slo_alerts(slo.spec, service.spec, spec, parameters, indicator)
    return replace(
        slo,
        parameters=parameters,
        indicator=indicator,
        live_rules=tuple(live_rules(parameters, indicator)),
        rollup_rules=tuple(rollup_rules(parameters)),
        alerts=tuple(
            replace(alert, hold=min(alert.hold, _FOR), keep_firing=alert.keep_firing and _KEEP_FIRING)
            for alert in alerts
        ),
    )


def _tiers(slo: PlannedSlo) -> tuple[Tier, ...]:
    """Return the fastest tier of each kind, over short windows; its threshold stays."""
    fastest: dict[str, Tier] = {}
    for tier in slo.tiers:
        fastest.setdefault(tier.kind, tier)
    return tuple(
        replace(tier, long=_WINDOWS[kind][0], short=_WINDOWS[kind][1]) for kind, tier in fastest.items()
    )
