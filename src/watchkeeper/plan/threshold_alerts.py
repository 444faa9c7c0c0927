"""Decide every threshold alert: its expression, labels, texts and receivers."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper import naming
from watchkeeper.emit.promql import alert_template_escape
from watchkeeper.model.alert import Alert
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.plan.maintenance.closed_alerts import NOT_IN_MAINTENANCE, unless_open
from watchkeeper.plan.planned_alert import PlannedAlert, description_of, escaped_labels, with_references
from watchkeeper.plan.presets import Condition, condition
from watchkeeper.plan.service_matcher import external_names, reads_external, with_service


def plan_alert(alert: Alert, service: Service, spec: Spec) -> PlannedAlert:
    """Return the alert with everything decided."""
    found = _preset(alert, service, spec) if alert.preset else _raw(alert, service)
    labels = {**dict(service.labels), **dict(alert.labels)}
    labels |= {"service": service.name, "severity": alert.severity, "team": service.team}
    labels[naming.KIND_LABEL] = alert.preset or naming.EXPRESSION_KIND
    is_planned = bool(spec.maintenance_of(service.name))
    return PlannedAlert(
        name=alert.name,
        preset=alert.preset,
        service=service.name,
        severity=alert.severity,
        hold=alert.hold,
        window=found.window,
        expr=unless_open(found.expr, service.name, alert.name) if is_planned else found.expr,
        comment=f"{found.comment.removesuffix('.')}{NOT_IN_MAINTENANCE}." if is_planned else found.comment,
        summary=with_references(alert.summary) if alert.summary else alert_template_escape(found.summary),
        description=description_of(with_references(alert.description), found.description_template),
        impact=alert.description or found.impact,
        next_query=found.next_query,
        runbook_path=naming.runbook_path(service.name, alert.name),
        runbook_url=alert.runbook or naming.runbook_url(service.runbook_base_url, service.name, alert.name),
        labels=escaped_labels(labels),
        route=spec.notify.route_for(
            alert.severity, service=service.name, team=service.team, own=alert.routes
        ),
        proof=alert.proof,
        where=alert.where,
        mitigation=found.mitigation,
    )


def _preset(alert: Alert, service: Service, spec: Spec) -> Condition:
    per_second = service.units_per_second(alert.metric or "")
    return condition(_placed(alert, service), service, spec.stack, per_second=per_second)


def _placed(alert: Alert, service: Service) -> Alert:
    """Return the alert, external if its metric is: such a metric has no service label."""
    return replace(alert, external=reads_external(alert, service))


def _raw(alert: Alert, service: Service) -> Condition:
    expr = alert.expr or ""
    if not alert.external:
        expr = with_service(expr, service.own, is_external=external_names(service, external=False))
    return Condition(
        expr=expr,
        window=None,
        comment=alert.description or "An expression that the team wrote.",
        summary=f"{service.name}: {alert.name}",
        description_template="The value is {{ $value | humanize }}.",
        next_query=expr,
    )
