"""Thanos Ruler: a rule file for each service, and alerts for queries of the ruler that fail: without them a rule is blind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from watchkeeper.emit.header import generated_from
from watchkeeper.emit.rules_yaml import groups_text
from watchkeeper.plan.plan import Plan, PlannedAlert
from watchkeeper.targets.placed_groups import placed_groups

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
    groups = groupby(placed_groups(plan, further=tuple(_of_ruler(plan))), key=lambda one: one.service)
    return {f"{service}.yml": groups_text(header, (one.group for one in own)) for service, own in groups}


def _of_ruler(plan: Plan) -> Iterator[PlannedAlert]:
    """Yield the alerts about the ruler, in place of those about the stack's own Prometheus."""
    own = plan.own.alerts if plan.own is not None else ()
    for alert in own:
        if alert.name in _OF_RULER:
            name, expr = _OF_RULER[alert.name]
            query = expr.partition(" > ")[0].replace("[5m]", "[1h]")
            yield replace(alert, name=name, expr=expr, next_query=query)
