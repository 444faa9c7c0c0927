"""The panels of the current state: firing alerts, targets, objectives and their budgets."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper.backends.grafana.addresses import Addresses, page, runbook
from watchkeeper.backends.grafana.label_table import Column, Label, table
from watchkeeper.backends.grafana.panels import Link, Override, Panel, Query, Step, steps_json
from watchkeeper.backends.grafana.queries import FIRING, alerts_of
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.slo_queries import STATES, STATES_TEXT, Recorded
from watchkeeper.emit.promql import selector

_ONE = Decimal(1)
_RED_FROM_ONE = (Step(None, "green"), Step(_ONE, "red"))
_ORANGE_FROM_ONE = (Step(None, "green"), Step(_ONE, "orange"))
_GREEN_FROM_ONE = (Step(None, "red"), Step(_ONE, "green"))
BUDGET_STEPS = (Step(None, "red"), Step(Decimal(0), "orange"), Step(Decimal("0.1"), "green"))
# In a table only what is wrong has a background.
BURN_STEPS = (Step(None, "transparent"), Step(_ONE, "orange"))
_SEVERITIES = ("critical", "warning")
# Of the usual severities; that of an alert about nothing urgent has no background.
SEVERITY_COLORS = (("critical", "red"), ("warning", "orange"))
ALERT = "${__data.fields.alertname}"


def firing(scope: Scope, at: Addresses) -> Panel:
    """Return the number of firing alerts of the severities critical and warning."""
    return Panel(
        id=1,
        kind="stat",
        title="Firing alerts",
        description="Alerts that fire now, by severity. A click opens Alertmanager.",
        queries=tuple(Query(_count(scope, severity), severity) for severity in _SEVERITIES),
        width=4,
        height=5,
        steps=_RED_FROM_ONE,
        overrides=(Override("warning", (("thresholds", steps_json(_ORANGE_FROM_ONE)),)),),
        links=(Link("Alertmanager", at.alerts(_matcher(scope))),),
    )


def targets(scope: Scope) -> Panel:
    """Return how many targets are up and down; no target at all is red too."""
    up = selector("up", scope.own)
    return Panel(
        id=2,
        kind="stat",
        title="Targets",
        description="Targets that Prometheus can scrape, and targets that it cannot.",
        queries=(Query(f"sum({up}) or vector(0)", "up"), Query(f"count({up} == 0) or vector(0)", "down")),
        width=4,
        height=5,
        steps=_RED_FROM_ONE,
        overrides=(Override("up", (("thresholds", steps_json(_GREEN_FROM_ONE)),)),),
    )


def firing_table(scope: Scope, at: Addresses, *, width: int = 24, height: int = 7) -> Panel:
    """Return the table of firing alerts, each with links to its runbook and to Alertmanager."""
    service = scope.services[2]
    only_this = f'{_matcher(scope)},alertname="{ALERT}"'
    links = (runbook(scope.runbooks, service, ALERT), Link("In Alertmanager", at.alerts(only_this)))
    expr = f"max by (severity, alertname) ({alerts_of(scope, FIRING)})"
    return table(
        Panel(
            id=3,
            kind="table",
            title="Firing alerts",
            description="Every alert of the service that fires now, of any severity.",
            width=width,
            height=height,
            if_empty="nothing",
        ),
        (
            Label("severity", "Severity", colors=SEVERITY_COLORS),
            Label("alertname", "Alert", tuple(link for link in links if link is not None)),
        ),
        (Column("Firing", expr, "none", 80),),
        first="Severity",
    )


def objectives(scope: Scope, *, slo_page: str, width: int = 24) -> Panel:
    """Return the table of the service's objectives, worst first."""
    of = Recorded((scope.services,), values=scope.values)
    link = Link("This objective", page(slo_page, "var-slo=${__data.fields.slo}"))
    return table(
        Panel(
            id=4,
            kind="table",
            title="Objectives",
            description=f"Worst first. {STATES_TEXT}",
            width=width,
            height=7,
            sort=(("State", True), ("Budget left", False)),
            if_empty="no data",
        ),
        (Label("slo", "Objective", (link,)),),
        (
            Column("State", of.state(), "none", 95, states=STATES),
            Column("Budget left", of.remaining(), "percentunit", 150, 1, BUDGET_STEPS, bar=True),
            Column("Burn 1h", of.burn("1h"), "suffix:x", 80, 1, BURN_STEPS),
            Column("Spent in", of.exhaustion(), "s", 90, 1),
        ),
        first="State",
    )


def budget_trend(scope: Scope) -> Panel:
    """Return what was left of each budget over time."""
    return Panel(
        id=5,
        kind="timeseries",
        title="Budget left",
        description="What is left of each error budget, over the window of the objective. Below 0 it is overspent.",
        unit="percentunit",
        queries=(Query(Recorded((scope.services,), values=scope.values).remaining(), "{{slo}}"),),
        width=12,
        height=7,
        steps=(Step(None, "text"), Step(Decimal(0), "red")),
        ceiling=_ONE,
    )


def burn_trend(scope: Scope) -> Panel:
    """Return the burn rate of each objective over time."""
    return Panel(
        id=6,
        kind="timeseries",
        title="Burn rate",
        description="How fast each budget is spent, over an hour. Above the dashed line it does not last its window.",
        unit="suffix:x",
        queries=(Query(Recorded((scope.services,), values=scope.values).burn("1h"), "{{slo}}"),),
        width=12,
        height=7,
        steps=(Step(None, "text"), Step(_ONE, "orange")),
    )


def _count(scope: Scope, severity: str) -> str:
    alerts = alerts_of(scope, (*FIRING, ("severity", "=", severity)))
    return f"count({alerts}) or vector(0)"


def _matcher(scope: Scope) -> str:
    name, op, value = scope.services
    return f'{name}{op}"{value}"'
