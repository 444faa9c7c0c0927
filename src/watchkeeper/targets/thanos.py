"""Thanos Ruler: a rule file for each service, and alerts for queries of the ruler that fail: without them a rule is blind."""

from __future__ import annotations

from itertools import groupby

from watchkeeper.emit.header import generated_from
from watchkeeper.emit.rules_yaml import groups_text
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.placed_groups import of_ruler, placed_groups

_STORE = "The ruler must be an endpoint of the Query that it asks: its rules read what it recorded."
# Only rulers have the label `strategy`. Both metrics are those that Thanos' own page about the ruler says to watch.
_OF_RULER = {
    "PrometheusRuleFailures": (
        "ThanosRuleFailures",
        'sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{strategy!=""}[5m])) > 0',
    ),
    "PrometheusNotificationsFailing": (
        "ThanosNotificationsDropped",
        "sum by (alertmanager) (increase(thanos_alert_sender_alerts_dropped_total[5m])) > 0",
    ),
}


def render(plan: Plan) -> dict[str, str]:
    """Return a file for each service; the ruler evaluates at the intervals of the groups."""
    header = f"{generated_from(plan.source)}\n{_STORE}"
    groups = groupby(
        placed_groups(plan, further=tuple(of_ruler(plan, _OF_RULER))), key=lambda one: one.service
    )
    return {f"{service}.yml": groups_text(header, (one.group for one in own)) for service, own in groups}
