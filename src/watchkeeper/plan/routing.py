"""Decide who is notified, how alerts are grouped, and which alerts mute others."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.model.alert import SEVERITIES, Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Receiver
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import InhibitRule, PlannedAlert, PlannedRoute, Routing
from watchkeeper.plan.self_monitoring.watchdog_route import watchdog_route
from watchkeeper.plan.slo.budget_inhibitions import budget_inhibitions

_ANY_SERVICE, _ANY_SLO = ("service", "!=", ""), ("slo_id", "!=", "")
_ONE_INCIDENT = ("service",)
_EACH_ALERT = ("alertname", "service", "slo_id")
# severity: (group_by, group_wait, group_interval, repeat_interval). PagerDuty makes one incident of a group, so a
# dying process, which trips several critical alerts at once, is one. Repeats are multiples of the group interval.
_TIMES: dict[Severity, tuple[tuple[str, ...], str, str, str]] = {
    "critical": (_ONE_INCIDENT, "10s", "1m", "1h"),
    "warning": (_EACH_ALERT, "30s", "5m", "12h"),
    "info": (_EACH_ALERT, "30s", "5m", "24h"),
}


def plan_routing(spec: Spec, alerts: tuple[PlannedAlert, ...]) -> Routing:
    """Return one route a severity; a receiver that shows itself takes what no route matches."""
    by_name = {receiver.name: receiver for receiver in spec.notify.receivers}
    routes = []
    for severity in SEVERITIES:
        route = next((one for one in spec.notify.routes if one.severity == severity), None)
        if route is not None:
            integrations = tuple(by_name[name] for name in route.receivers)
            mutes = tuple(mute.name for mute in spec.notify.mutes if severity in mute.severities)
            routes.append(_route(severity, severity, integrations, mutes))
    return Routing(
        fallback=_route("warning", naming.FALLBACK_RECEIVER, _visible(spec), ()),
        routes=tuple(routes),
        inhibitions=tuple(_inhibitions(alerts)),
        mutes=spec.notify.mutes,
        watchdog=watchdog_route(spec),
    )


def _route(
    severity: Severity, name: str, integrations: tuple[Receiver, ...], mutes: tuple[str, ...]
) -> PlannedRoute:
    group_by, wait, interval, repeat = _TIMES[severity]
    return PlannedRoute(
        severity=severity,
        receiver=name,
        integrations=integrations,
        group_by=group_by,
        group_wait=Duration.parse(wait),
        group_interval=Duration.parse(interval),
        repeat_interval=Duration.parse(repeat),
        mutes=mutes,
    )


def _visible(spec: Spec) -> tuple[Receiver, ...]:
    receivers = spec.notify.receivers
    chat = [receiver for receiver in receivers if receiver.integration.kind == "slack"]
    return tuple((chat or list(receivers))[:1])


def _inhibitions(alerts: tuple[PlannedAlert, ...]) -> Iterator[InhibitRule]:
    # A label that is missing on both sides counts as equal, so the matchers of both sides ask for every label of `equal`.
    down = sorted(
        {alert.name for alert in alerts if alert.preset == "service_down" and alert.severity == "critical"}
    )
    if down:
        yield InhibitRule(
            name="service-down-mutes-lesser-alerts",
            source_matchers=(
                ("alertname", "=~", "|".join(down)),
                ("severity", "=", "critical"),
                _ANY_SERVICE,
            ),
            target_matchers=(("severity", "=~", "warning|info"), _ANY_SERVICE),
            equal=("service",),
        )
    kinds = {alert.slo_kind for alert in alerts}
    if naming.FAST_BURN in kinds:
        lesser = f"{naming.SLOW_BURN}|{naming.BUDGET_EXHAUSTED}"
        yield _of_one_slo("fast-burn-mutes-slower-ones", naming.FAST_BURN, lesser)
    yield from budget_inhibitions(alerts)
    if naming.METRIC_MISSING in kinds and naming.IDLE in kinds:
        yield _of_one_slo("missing-metric-mutes-idle", naming.METRIC_MISSING, naming.IDLE)


def _of_one_slo(name: str, source: str, targets: str) -> InhibitRule:
    return InhibitRule(
        name=name,
        source_matchers=(("alertname", "=~", f".+({source})"), _ANY_SLO),
        target_matchers=(("alertname", "=~", f".+({targets})"), _ANY_SLO),
        equal=("slo_id",),
    )
