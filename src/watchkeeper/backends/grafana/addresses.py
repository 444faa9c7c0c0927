"""The addresses of the other servers, for links on dashboards."""

from __future__ import annotations

from watchkeeper.plan.plan import Plan


def jaeger_search(plan: Plan) -> str:
    """Return the address of Jaeger's search page."""
    return f"http://{plan.stack.external_host}:{plan.stack.ports.jaeger}/search"


def alertmanager_alerts(plan: Plan) -> str:
    """Return the address of Alertmanager's list of alerts."""
    return f"http://{plan.stack.external_host}:{plan.stack.ports.alertmanager}/#/alerts"
