"""What the plan has to say about objectives: alerts that cannot fire, thresholds that were adapted, absence unseen."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.emit.promql import number
from watchkeeper.model.finding import Finding
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.plan.presets import percent
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.policy import DEFAULT, shortest_window
from watchkeeper.plan.slo.slo_planner import plan_slo
from watchkeeper.plan.slo.tiers import policy_tiers


def slo_findings(spec: Spec) -> Iterator[Finding]:
    """Yield a finding for all that a reader of the rendered rules should know beforehand."""
    for service in spec.services:
        for slo in service.slos:
            yield from _about(slo, service, spec)


def _about(slo: Slo, service: Service, spec: Spec) -> Iterator[Finding]:
    planned = plan_slo(slo, service, spec)
    if slo.alerting.enabled:
        yield from _tiers(slo, planned)
    if not planned.indicator.is_preinitialized:
        message = f"{slo.name} cannot tell a missing metric from one that has not counted yet"
        remedy = "its MetricMissing alert is off: nothing makes the series before the first event"
        yield Finding(slo.sli.where, "WK306", message, remedy)
    if not planned.alerts:
        yield Finding(slo.where, "WK307", f"{slo.name} has no alert at all", "is that meant?")
    if planned.proof.unproven is not None:
        message = f"the alerts of {slo.name} have no proof"
        yield Finding(slo.sli.where, "WK302", message, planned.proof.unproven)


def _tiers(slo: Slo, planned: PlannedSlo) -> Iterator[Finding]:
    policy = slo.alerting.policy or DEFAULT
    asked = policy_tiers(slo)
    if not asked:
        least = shortest_window(policy)
        message = f"the policy {policy} has no tiers for a window of {slo.window}"
        yield Finding(
            slo.alerting.policy_where, "WK214", message, f"use a window of {least} or more, or another policy"
        )
        return
    if not planned.tiers:
        message = f"at an objective of {percent(slo.objective)} no burn alert of {slo.name} can fire"
        remedy = "even if nothing succeeds the budget burns no faster than it may; write a higher objective"
        yield Finding(slo.objective_where, "WK221", message, remedy)
        return
    for tier in planned.tiers:
        if tier.is_adapted:
            impossible = percent(tier.policy_factor * planned.budget)
            message = (
                f"at {percent(slo.objective)} the {tier.long}/{tier.short} tier of {slo.name} asks for"
                f" {impossible} errors (burn {number(tier.policy_factor)})"
            )
            now = f"it fires over {percent(tier.threshold)} instead (burn {round(tier.factor, 2).normalize():f})"
            yield Finding(slo.objective_where, "WK304", message, now)
    kept = {(tier.long, tier.short) for tier in planned.tiers}
    for one in asked:
        if (one.long, one.short) not in kept:
            message = f"at {percent(slo.objective)} the {one.long}/{one.short} tier of {slo.name} cannot fire"
            yield Finding(slo.objective_where, "WK304", message, "it is left out")
