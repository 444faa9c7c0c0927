"""The plan's findings about objectives: alerts that cannot fire, adapted thresholds, metrics whose absence nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.emit.promql import number
from watchkeeper.model.finding import Finding
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.policy import DEFAULT, shortest_window
from watchkeeper.plan.slo.slo_planner import plan_slo
from watchkeeper.plan.slo.tiers import policy_tiers


def slo_findings(spec: Spec) -> Iterator[Finding]:
    """Yield everything that a reader of the rendered rules should know beforehand."""
    for service in spec.services:
        for slo in service.slos:
            yield from _about(slo, service, spec)


def _about(slo: Slo, service: Service, spec: Spec) -> Iterator[Finding]:
    planned = plan_slo(slo, service, spec)
    if slo.alerting.enabled:
        yield from _tiers(slo, planned)
    if not planned.indicator.is_preinitialized:
        message = f"{slo.name} cannot distinguish a missing metric from one that has not counted yet"
        remedy = (
            "its MetricMissing alert is off, because nothing initializes the series before the first event"
        )
        yield Finding(where=slo.sli.where, code="WK306", message=message, remedy=remedy)
    if not planned.alerts:
        message = f"{slo.name} has no alert"
        yield Finding(where=slo.where, code="WK307", message=message, remedy="is that intended?")
    if planned.proof.unproven is not None:
        message = f"the alerts of {slo.name} have no proof"
        yield Finding(where=slo.sli.where, code="WK302", message=message, remedy=planned.proof.unproven)


def _tiers(slo: Slo, planned: PlannedSlo) -> Iterator[Finding]:
    policy = slo.alerting.policy or DEFAULT
    asked = policy_tiers(slo)
    if not asked:
        least = shortest_window(policy)
        message = f"the policy {policy} has no tiers for a window of {slo.window_words}"
        remedy = f"use a window of {least} or more, or another policy"
        yield Finding(where=slo.alerting.policy_where, code="WK214", message=message, remedy=remedy)
        return
    if not planned.tiers:
        message = f"at an objective of {percentage(slo.objective)} no burn alert of {slo.name} can fire"
        remedy = "even if every event fails, the budget burns too slowly; write a higher objective"
        yield Finding(where=slo.objective_where, code="WK221", message=message, remedy=remedy)
        return
    for tier in planned.tiers:
        if tier.is_adapted:
            impossible = percentage(tier.policy_factor * planned.budget)
            message = (
                f"at {percentage(slo.objective)} the {tier.long}/{tier.short} tier of {slo.name} asks for"
                f" {impossible} errors (burn {number(tier.policy_factor)})"
            )
            now = f"it fires above {percentage(tier.threshold)} instead (burn {round(tier.factor, 2).normalize():f})"
            yield Finding(where=slo.objective_where, code="WK304", message=message, remedy=now)
    kept = {(tier.long, tier.short) for tier in planned.tiers}
    for one in asked:
        if (one.long, one.short) not in kept:
            message = (
                f"at {percentage(slo.objective)} the {one.long}/{one.short} tier of {slo.name} cannot fire"
            )
            yield Finding(where=slo.objective_where, code="WK304", message=message, remedy="it is left out")
