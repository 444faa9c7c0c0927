"""What is silent while a service is deployed: its warnings and its burn alerts, never its other critical alerts."""

from __future__ import annotations

from typing import Final

from watchkeeper import naming
from watchkeeper.alertmanager_api import Matcher
from watchkeeper.plan.plan import Plan
from watchkeeper.silences.candidates import Candidate, planned_candidates

DEPLOY_DURATION: Final = "15m"
_BURNS: Final = (
    naming.FAST_BURN,
    naming.SLOW_BURN,
    naming.BUDGET_EXHAUSTED,
    naming.BUDGET_EXHAUSTED_SOON,
    naming.BUDGET_BELOW[0],
)


def deploy_silences(plan: Plan, service: str) -> tuple[tuple[Matcher, ...], ...]:
    """Return the matchers of each silence for a deployment; a silence has no `or`, so there are up to two.

    Each asks for the spec's environment and cluster, so that a deployment to staging silences nothing in production.
    """
    own = (
        Matcher("service", "=", service),
        *(Matcher(name, "=", value) for name, value in plan.stack.external_labels),
    )
    kinds = "|".join(naming.slo_alert_kind(kind) for kind in _BURNS)
    wanted = (
        (*own, Matcher("severity", "=~", "warning|info")),
        (*own, Matcher("severity", "=", "critical"), Matcher(naming.KIND_LABEL, "=~", kinds)),
    )
    alerts = planned_candidates(plan)
    return tuple(one for one in wanted if any(alert.is_muted_by(one) for alert in alerts))


def still_paging(
    plan: Plan, service: str, silences: tuple[tuple[Matcher, ...], ...]
) -> tuple[Candidate, ...]:
    """Return the service's critical alerts that these silences leave."""
    return tuple(
        alert
        for alert in planned_candidates(plan)
        if alert.labels.get("service") == service
        and alert.labels.get("severity") == "critical"
        and not any(alert.is_muted_by(one) for one in silences)
    )
