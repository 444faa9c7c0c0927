"""Which alerts mute others: the inhibit rules, and what they mean for the planned alerts.

Each rule compares the service and the environment, so no alert mutes one of another service or environment. A label
that is missing on both sides counts as equal, so both sides ask for every label that a rule compares. No alert fits
both sides of a rule, so none can mute itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchkeeper import naming
from watchkeeper.model.alert import SEVERITIES
from watchkeeper.model.stack import Stack
from watchkeeper.plan.notified_labels import fits, notified_labels
from watchkeeper.plan.plan import InhibitRule, Matcher, Plan, PlannedAlert
from watchkeeper.plan.slo.budget_inhibitions import budget_inhibitions

_BURNS = (naming.KIND_LABEL, "=~", "fast_burn|slow_burn|budget_.+")
_SERVICE, _SLO = ("service",), ("service", "slo_id")


def inhibit_rules(alerts: Iterable[PlannedAlert], stack: Stack) -> tuple[InhibitRule, ...]:
    """Return the rules that some of the alerts need."""
    alerts = tuple(alerts)
    have: set[tuple[str, str]] = {(alert.slo_kind or alert.preset or "", alert.severity) for alert in alerts}
    same = tuple(name for name, _ in stack.external_labels)
    by = tuple(sorted({alert.by for alert in alerts if alert.by is not None}))

    def of_one_slo(name: str, source: tuple[Matcher, ...], target: tuple[Matcher, ...]) -> InhibitRule:
        return _rule(name, source, target, (*_SLO, *same), by)

    return (
        *_of_service_down(have, same),
        *_of_fast_burn(have, same, by),
        *budget_inhibitions(alerts, of_one_slo),
        *_of_missing_metric(have, same),
    )


def inhibited_by(plan: Plan, alert: PlannedAlert) -> tuple[PlannedAlert, ...]:
    """Return the alerts whose notifications take this alert's place while they fire."""
    return tuple(other for other in _others(plan, alert) if _is_inhibited(plan, source=other, target=alert))


def inhibits(plan: Plan, alert: PlannedAlert) -> tuple[PlannedAlert, ...]:
    """Return the alerts that notify nobody while this one fires."""
    return tuple(other for other in _others(plan, alert) if _is_inhibited(plan, source=alert, target=other))


def _of_service_down(have: set[tuple[str, str]], same: tuple[str, ...]) -> Iterator[InhibitRule]:
    """Yield what a dead process mutes: everything lesser, and the burns that follow from it, whatever their severity."""
    if ("service_down", "critical") not in have:
        return
    source = (_kind("service_down"), ("severity", "=", "critical"))
    lesser = (("severity", "=~", "warning|info"),)
    yield _rule("service-down-mutes-lesser-alerts", source, lesser, (*_SERVICE, *same))
    if any(fits((_BURNS,), {naming.KIND_LABEL: naming.slo_alert_kind(kind)}) for kind, _ in have):
        yield _rule("service-down-mutes-burn-alerts", source, (_BURNS,), (*_SERVICE, *same))


def _of_fast_burn(
    have: set[tuple[str, str]], same: tuple[str, ...], by: tuple[str, ...]
) -> Iterator[InhibitRule]:
    """Yield what a fast burn mutes: the slower alerts of its objective that are no more urgent than it is."""
    slower = (naming.SLOW_BURN, naming.BUDGET_EXHAUSTED)
    for index, severity in enumerate(SEVERITIES):
        if (naming.FAST_BURN, severity) in have:
            suffix = "" if index == 0 else f"-of-{severity}"
            yield _rule(
                f"fast-burn{suffix}-mutes-slower-ones",
                (_kind(naming.FAST_BURN), ("severity", "=", severity)),
                (_kind(*slower), *_no_more_urgent(index)),
                (*_SLO, *same),
                by,
            )


def _of_missing_metric(have: set[tuple[str, str]], same: tuple[str, ...]) -> Iterator[InhibitRule]:
    kinds = {kind for kind, _ in have}
    if {naming.METRIC_MISSING, naming.IDLE} <= kinds:
        source, target = (_kind(naming.METRIC_MISSING),), (_kind(naming.IDLE),)
        yield _rule("missing-metric-mutes-idle", source, target, (*_SLO, *same))


def _no_more_urgent(index: int) -> tuple[Matcher, ...]:
    return (("severity", "=~", "|".join(SEVERITIES[index:])),) if index else ()


def _kind(*kinds: str) -> Matcher:
    """Return the matcher of alerts that a preset or an objective made; users cannot set this label."""
    values = [naming.slo_alert_kind(kind) for kind in kinds]
    return (naming.KIND_LABEL, "=" if len(values) == 1 else "=~", "|".join(values))


def _rule(
    name: str,
    source: tuple[Matcher, ...],
    target: tuple[Matcher, ...],
    equal: tuple[str, ...],
    by: tuple[str, ...] = (),
) -> InhibitRule:
    """Return a rule that compares labels which both sides have, and those `by` which objectives have several budgets.

    One objective has at most one of the latter, on both sides, so their absence is equal too.
    """
    guards = tuple((label, "!=", "") for label in equal)
    return InhibitRule(
        name=name, source_matchers=source + guards, target_matchers=target + guards, equal=(*equal, *by)
    )


def _others(plan: Plan, alert: PlannedAlert) -> tuple[PlannedAlert, ...]:
    # Every inhibit rule asks for equal services, so the alerts of other services need no look.
    return tuple(
        other
        for service in plan.alerting_services
        if service.name == alert.service
        for other in service.all_alerts
        if other is not alert
    )


def _is_inhibited(plan: Plan, *, source: PlannedAlert, target: PlannedAlert) -> bool:
    left, right = notified_labels(source, plan.stack), notified_labels(target, plan.stack)
    return any(
        fits(rule.source_matchers, left)
        and fits(rule.target_matchers, right)
        and all(left.get(name, "") == right.get(name, "") for name in rule.equal)
        for rule in plan.routing.inhibitions
    )
