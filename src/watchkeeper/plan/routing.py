"""Decide who is notified, and how alerts are grouped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from watchkeeper import naming
from watchkeeper.model.alert import SEVERITIES, Severity
from watchkeeper.model.notify import ONE_PROBLEM, Receiver, ReceiverKind, Route, RouteSettings
from watchkeeper.model.position import Position
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.plan.inhibitions import inhibit_rules
from watchkeeper.plan.plan import Matcher, PlannedAlert, PlannedRoute, Routing
from watchkeeper.plan.self_monitoring.watchdog_route import watchdog_route

_CHATS: tuple[ReceiverKind, ...] = ("slack", "msteamsv2", "telegram")


def plan_routing(spec: Spec, alerts: tuple[PlannedAlert, ...]) -> Routing:
    """Return the routes, the most particular first; a receiver that shows itself takes what no route matches.

    Those of all alerts are always there, others only where an alert takes them.
    """
    particular = _particular(spec, {alert.route for alert in alerts})
    fallback = Route(severity="warning", receivers=_visible(spec), positions=(), where=Position(spec.source))
    return Routing(
        fallback=_planned(fallback, (), naming.FALLBACK_RECEIVER, spec),
        routes=tuple(
            planned
            for route, matchers, name in (
                *(
                    (route, matchers, _name(route.severity, route.receivers))
                    for route, matchers in particular
                ),
                *((route, (), route.severity) for route in _of_all(spec)),
            )
            for planned in _with_other_times(_planned(route, matchers, name, spec), route, spec)
        ),
        inhibitions=inhibit_rules(alerts, spec.stack),
        mutes=spec.notify.mutes,
        watchdog=watchdog_route(spec),
        active_hours=spec.notify.active_hours,
        proxy=spec.notify.proxy,
    )


def _of_all(spec: Spec) -> list[Route]:
    return sorted(spec.notify.routes, key=lambda route: SEVERITIES.index(route.severity))


def _particular(spec: Spec, used: set[Route | None]) -> Iterator[tuple[Route, tuple[Matcher, ...]]]:
    """Yield the routes of alerts and objectives, then those of services, then those of teams."""
    for service in sorted(spec.services, key=lambda service: service.name):
        yield from _of_service_parts(service, used)
    for label, overrides in (("service", spec.notify.services), ("team", spec.notify.teams)):
        for override in overrides:
            yield from ((route, ((label, "=", override.name),)) for route in override.routes if route in used)


def _of_service_parts(
    service: Service, used: set[Route | None]
) -> Iterator[tuple[Route, tuple[Matcher, ...]]]:
    """Yield one route for all alerts of a service with equal receivers and settings, and one for all such objectives."""
    own = ("service", "=", service.name)
    named = [(route, "alertname", alert.name) for alert in service.alerts for route in alert.routes]
    named += [
        (route, "slo_id", naming.slo_id(service.name, slo.name))
        for slo in service.slos
        for route in slo.routes
    ]
    together: dict[tuple[str, str, tuple[str, ...], RouteSettings], list[tuple[Route, str]]] = {}
    for route, label, value in named:
        if route in used:
            key = (label, route.severity, route.receivers, route.settings)
            together.setdefault(key, []).append((route, value))
    for (label, *_), found in together.items():
        values = "|".join(value for _, value in found)
        yield found[0][0], (own, (label, "=" if len(found) == 1 else "=~", values))


def _name(severity: str, receivers: tuple[str, ...]) -> str:
    """Return the name of a receiver for some alerts or times only: equal lists of one severity share it."""
    return f"{severity}-{'+'.join(receivers)}"


def _with_other_times(planned: PlannedRoute, route: Route, spec: Spec) -> Iterator[PlannedRoute]:
    """Yield a route, and the one for the times outside of its hours: muted in the very hours, so that no minute is lost."""
    outside = route.settings.outside
    if not outside:
        yield planned
        return
    by_name = {receiver.name: receiver for receiver in spec.notify.receivers}
    yield replace(planned, continues=True)
    yield replace(
        planned,
        receiver=_name(route.severity, outside),
        integrations=tuple(by_name[one] for one in outside),
        mutes=(*planned.mutes, *planned.active_hours),
        active_hours=(),
    )


def _planned(route: Route, matchers: tuple[Matcher, ...], name: str, spec: Spec) -> PlannedRoute:
    by_name = {receiver.name: receiver for receiver in spec.notify.receivers}
    is_fallback = name == naming.FALLBACK_RECEIVER
    external = (label for label, _ in spec.stack.external_labels)
    mutes = () if is_fallback else tuple(m.name for m in spec.notify.mutes if route.severity in m.severities)
    return PlannedRoute(
        severity=cast("Severity", route.severity),
        receiver=name,
        matchers=matchers if is_fallback else (*matchers, ("severity", "=", route.severity)),
        integrations=tuple(by_name[one] for one in route.receivers),
        group_by=tuple(dict.fromkeys((*ONE_PROBLEM, *external, *route.settings.group_by))),
        group_wait=route.times.group_wait,
        group_interval=route.times.group_interval,
        repeat_interval=route.times.repeat_interval,
        mutes=mutes,
        active_hours=route.settings.active_hours,
    )


def _visible(spec: Spec) -> tuple[str, ...]:
    """Return the receiver that most people see at once: a chat, else a mailbox, else any."""

    def seen(receiver: Receiver) -> int:
        kind = receiver.integration.kind
        return 0 if kind in _CHATS else 1 if kind == "email" else 2

    return tuple(receiver.name for receiver in sorted(spec.notify.receivers, key=seen)[:1])
