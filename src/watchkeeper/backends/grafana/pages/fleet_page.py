"""The page of all objectives of all services, worst first. It reads recorded series only, whatever their number."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper import naming
from watchkeeper.backends.grafana.addresses import Addresses, page
from watchkeeper.backends.grafana.dashboard import Annotation, Dashboard
from watchkeeper.backends.grafana.label_table import Column, Label, table
from watchkeeper.backends.grafana.pages.page_parts import TAG
from watchkeeper.backends.grafana.panels import Link, Panel, Query, State, Step
from watchkeeper.backends.grafana.queries import FIRING
from watchkeeper.backends.grafana.sections.status_panels import (
    ALERT,
    BUDGET_STEPS,
    BURN_STEPS,
    SEVERITY_COLORS,
)
from watchkeeper.backends.grafana.slo_queries import STATES, STATES_TEXT, Recorded
from watchkeeper.backends.grafana.variables import LabelValues
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.promql import selector
from watchkeeper.plan.plan import Matcher, Plan

_TEAM: Matcher = ("team", "=~", "$team")
_SERVICE: Matcher = ("service", "=~", "$service")
_PAGE_OF = (
    ("(.*)", "$1"),
    # As naming.page_id() does.
    (naming.LONG_PAGE_ID, "$1-$2"),
)


def fleet_page(plan: Plan, at: Addresses) -> Dashboard:
    """Return the page of all objectives."""
    teams = LabelValues("team", "Team", "Restricts every panel to some teams.", naming.OBJECTIVE)
    services = LabelValues(
        "service", "Service", "Restricts every panel to some services.", selector(naming.OBJECTIVE, (_TEAM,))
    )
    of = _of(plan)
    return Dashboard(
        uid=naming.FLEET_UID,
        title="All objectives",
        description=" ".join(generated_from(plan.source).split("\n")),
        tags=(TAG,),
        variables=(teams, services),
        annotations=(Annotation("Alerts", selector("ALERTS", (*FIRING, _SERVICE)), "{{alertname}}", ("severity", "service")),),
        links=(Link("Traces", f"{at.jaeger}/search"), Link("Alerts", at.alerts())),
        panels=(*(_count(state, of) for state in STATES), _table(of), _alerts(at)),
    )  # fmt: skip


def _of(plan: Plan) -> Recorded:
    slos = (slo for service in plan.services for slo in service.slos)
    values = tuple(sorted({slo.spec.by.label for slo in slos if slo.spec.by is not None}))
    return Recorded((_TEAM, _SERVICE), by="team, service, slo", values=values)


def _count(state: State, of: Recorded) -> Panel:
    is_fault = state.value > 0
    steps = (Step(None, "green"), Step(Decimal(1), state.color)) if is_fault else (Step(None, "text"),)
    return Panel(
        id=402 + state.value,
        kind="stat",
        title=state.word.capitalize(),
        description=f"How many objectives are in this state. {STATES_TEXT}",
        unit="none",
        queries=(Query(of.in_state(state)),),
        width=6,
        height=4,
        steps=steps,
        if_empty="0",
    )


def _table(of: Recorded) -> Panel:
    id_of_page = "${__data.fields.page}"
    slo = page(naming.service_dashboard_uid(id_of_page, naming.SLO_PAGE), "var-slo=${__data.fields.slo}")
    overview = page(naming.service_dashboard_uid(id_of_page, naming.OVERVIEW_PAGE))
    return table(
        Panel(
            id=401,
            kind="table",
            title="Objectives",
            description=f"Worst first. {STATES_TEXT}",
            width=24,
            height=18,
            sort=(("State", True), ("Budget left", False)),
            if_empty="no objective is recorded",
        ),
        (
            Label("service", "Service", (Link("Overview of the service", overview),)),
            Label("slo", "Objective", (Link("This objective", slo),)),
            Label("team", "Team"),
            Label("page", "Page", hidden=True),
        ),
        (
            Column("State", _with_page(of.state()), "none", 100, states=STATES),
            Column("Budget left", of.remaining(), "percentunit", 190, 1, BUDGET_STEPS, bar=True),
            Column("Objective %", of.objective(), "percentunit", 110, 3),
            Column("Attained", of.attained(), "percentunit", 110, 3),
            Column("Burn 1h", of.burn("1h"), "suffix:x", 90, 1, BURN_STEPS),
            Column("Burn 6h", of.burn("6h"), "suffix:x", 90, 1, BURN_STEPS),
            Column("Spent in", of.exhaustion(), "s", 110, 1),
            Column("Alerts", of.alerts(), "none", 80, 0, BURN_STEPS),
        ),
        first="State",
    )


def _alerts(at: Addresses) -> Panel:
    only_this = Link("In Alertmanager", at.alerts(f'alertname="{ALERT}"'))
    return table(
        Panel(
            id=406,
            kind="table",
            title="Firing alerts",
            description="Every alert that fires now, those of the stack itself too.",
            width=24,
            height=8,
            if_empty="nothing",
        ),
        (
            Label("severity", "Severity", colors=SEVERITY_COLORS),
            Label("alertname", "Alert", (only_this,)),
            Label("service", "Service"),
        ),
        (
            Column(
                "Firing",
                f"count by (severity, alertname, service) ({selector('ALERTS', FIRING)})",
                "none",
                90,
            ),
        ),
        first="Severity",
    )


def _with_page(expr: str) -> str:
    """Return the expression with the label `page`: what the uids of a service's dashboards contain."""
    for pattern, replacement in _PAGE_OF:
        expr = f'label_replace({expr}, "page", "{replacement}", "service", "{pattern}")'
    return expr
