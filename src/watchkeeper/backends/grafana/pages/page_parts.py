"""What the dashboards share: variables, annotations and links."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.dashboard import Annotation
from watchkeeper.backends.grafana.panels import Link
from watchkeeper.backends.grafana.queries import FIRING, alerts_of, series
from watchkeeper.backends.grafana.scope import PAGE, Scope
from watchkeeper.backends.grafana.variables import LabelValues
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.promql import selector

TAG = "watchkeeper"


def description(scope: Scope) -> str:
    """Return what made the page, on one line."""
    return " ".join(generated_from(scope.source).split("\n"))


def instances(scope: Scope) -> LabelValues:
    """Return the variable that restricts a page to some instances of its service."""
    return LabelValues(
        "instance", "instance", "Restricts the panels to some instances.", selector("up", scope.own)
    )


def marks(scope: Scope) -> tuple[Annotation, ...]:
    """Return the marks of firing alerts, and of starts of processes: deploys and restarts."""
    alerts = alerts_of(scope, FIRING)
    alerting = (Annotation("Alerts", alerts, "{{alertname}}", ("severity", "service")),)
    if "system" not in scope.packs:
        return alerting
    started = f"{series(scope, 'process_start_time_seconds')} * 1000"
    return (
        *alerting,
        Annotation(
            "Starts and deploys", started, "{{instance}} started", ("instance",), "blue", at_value=True
        ),
    )


def links(scope: Scope, at: Addresses, *pages: Link) -> tuple[Link, ...]:
    """Return the links to other pages, then those to the other servers."""
    service = scope.services[2]
    runbooks = (Link("Runbooks", f"{scope.runbooks.rstrip('/')}/{service}"),) if scope.runbooks else ()
    name, op, value = scope.services
    return (
        Link("All objectives", f"/d/{naming.FLEET_UID}"),
        *pages,
        Link("Traces", at.traces(service)),
        Link("Alerts", at.alerts(f'{name}{op}"{value}"')),
        *runbooks,
    )


def own_page(kind: str) -> str:
    """Return the uid of a page of the service, before its name is known."""
    return naming.service_dashboard_uid(PAGE, kind)
