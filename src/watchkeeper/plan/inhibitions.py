"""Which of the planned alerts inhibit which: the inhibit rules, read as Alertmanager reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchkeeper.emit.promql import alert_template_unescape
from watchkeeper.plan.plan import InhibitRule, Matcher, Plan, PlannedAlert


def inhibited_by(plan: Plan, alert: PlannedAlert) -> tuple[PlannedAlert, ...]:
    """Return the alerts whose notifications take this alert's place while they fire."""
    return tuple(other for other in _others(plan, alert) if _is_inhibited(plan, source=other, target=alert))


def inhibits(plan: Plan, alert: PlannedAlert) -> tuple[PlannedAlert, ...]:
    """Return the alerts that notify nobody while this one fires."""
    return tuple(other for other in _others(plan, alert) if _is_inhibited(plan, source=alert, target=other))


def _others(plan: Plan, alert: PlannedAlert) -> tuple[PlannedAlert, ...]:
    # Every inhibit rule asks for equal services or equal SLOs, so the alerts of other services need no look.
    return tuple(
        other
        for service in plan.alerting_services
        if service.name == alert.service
        for other in service.all_alerts
        if other is not alert
    )


def _is_inhibited(plan: Plan, *, source: PlannedAlert, target: PlannedAlert) -> bool:
    left, right = _labels(source), _labels(target)
    return any(_applies(rule, left, right) for rule in plan.routing.inhibitions)


def _applies(rule: InhibitRule, source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    return (
        _match(rule.source_matchers, source)
        and _match(rule.target_matchers, target)
        and all(source.get(name, "") == target.get(name, "") for name in rule.equal)
    )


def _match(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    return all(_fits(matcher, labels) for matcher in matchers)


def _fits(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    name, operator, value = matcher
    has = labels.get(name, "")
    if operator == "=~":
        return re.fullmatch(value, has) is not None
    return (has == value) == (operator == "=")


def _labels(alert: PlannedAlert) -> dict[str, str]:
    return {"alertname": alert.name} | {name: alert_template_unescape(v) for name, v in alert.labels}
