"""The Overview: firing alerts, then HTTP, then the other packs that the services emit."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.grafana import http_panels, pack_panels, status_panels
from watchkeeper.backends.grafana.addresses import alertmanager_alerts, jaeger_search
from watchkeeper.backends.grafana.dashboard import Annotation, Dashboard, Variable
from watchkeeper.backends.grafana.panels import Link, Panel
from watchkeeper.backends.grafana.queries import FIRING, SERVICE, recorded
from watchkeeper.emit.header import generated_from
from watchkeeper.plan.plan import Plan


def overview(plan: Plan) -> Dashboard:
    """Return the Overview; panels whose pack no service emits are left out."""
    return Dashboard(
        uid=naming.OVERVIEW_UID,
        title="Overview",
        description=" ".join(generated_from(plan.source).split("\n")),
        tags=("watchkeeper",),
        variable=Variable(
            name=SERVICE,
            label="Service",
            description="Restricts every panel to one service.",
            values=tuple(service.name for service in plan.services),
        ),
        annotation=Annotation(
            "Alerts", expr=recorded("ALERTS", FIRING), title="{{alertname}}", tags=("severity", SERVICE)
        ),
        links=_links(plan),
        panels=_panels(plan),
    )


def _panels(plan: Plan) -> tuple[Panel, ...]:
    emitted = {pack for service in plan.services for pack in service.packs}
    panels = [status_panels.firing(plan), status_panels.targets()]
    if "http" in emitted:
        panels += [*http_panels.numbers(plan), *http_panels.trends(plan)]
    panels.append(status_panels.firing_table(plan))
    for pack, section in pack_panels.SECTIONS.items():
        if pack in emitted:
            panels += section(plan)
    return tuple(panels)


def _links(plan: Plan) -> tuple[Link, ...]:
    bases = dict.fromkeys(service.spec.runbook_base_url for service in plan.services)
    runbooks = (Link("Runbooks", base) for base in bases if base)
    return (Link("Traces", jaeger_search(plan)), Link("Alerts", alertmanager_alerts(plan)), *runbooks)
