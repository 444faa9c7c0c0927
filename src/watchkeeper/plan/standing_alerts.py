"""Alerts that a service has without asking for them: the names of the metrics that its rules read must be ours."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.model.alert import SEVERITIES, Alert, Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.plan.service_matcher import is_external

_HOLD = Duration.parse("5m")


def threshold_alerts_of(service: Service, spec: Spec) -> tuple[Alert, ...]:
    """Return the service's threshold alerts: those of the spec, then the ones that every such service has."""
    has_own = any(alert.preset == "metric_conflict" for alert in service.alerts)
    if has_own or "http" not in service.signals or not _reads_middleware(service):
        return service.alerts
    return (*service.alerts, _metric_conflict(service, spec))


def _reads_middleware(service: Service) -> bool:
    """Return whether a rule of the service reads what the middleware emits."""
    return any(not slo.sli.external for slo in service.slos) or any(
        alert.preset != "service_down" and not is_external(alert, service) for alert in service.alerts
    )


def _metric_conflict(service: Service, spec: Spec) -> Alert:
    taken = {alert.name for alert in service.alerts}
    name = naming.METRIC_CONFLICT
    return Alert(
        name=name if name not in taken else naming.camel(service.name) + name,
        preset="metric_conflict",
        expr=None,
        severity=_severity(spec),
        hold=_HOLD,
        threshold=None,
        quantile=None,
        metric=None,
        resource=None,
        aggregate=None,
        min_events=None,
        external=False,
        summary=None,
        description="",
        runbook=None,
        labels=(),
        proof=None,
        where=service.where,
        threshold_where=service.where,
    )


def _severity(spec: Spec) -> Severity:
    """Return warning, or the most urgent severity that has a route where warnings have none."""
    routed = {route.severity for route in spec.notify.routes}
    if not routed or "warning" in routed:
        return "warning"
    return next((severity for severity in SEVERITIES if severity in routed), "warning")
