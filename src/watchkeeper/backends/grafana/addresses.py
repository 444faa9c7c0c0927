"""Where people reach the rest of the stack from a dashboard."""

from __future__ import annotations

from watchkeeper.plan.plan import Plan


def jaeger_search(plan: Plan) -> str:
    """Return the address of Jaeger's search page."""
    return f"http://{plan.stack.external_host}:{plan.stack.ports.jaeger}/search"


def alertmanager_alerts(plan: Plan) -> str:
    """Return the address of Alertmanager's list of alerts."""
    return f"http://{plan.stack.external_host}:{plan.stack.ports.alertmanager}/#/alerts"
