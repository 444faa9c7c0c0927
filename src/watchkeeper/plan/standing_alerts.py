"""Alerts that a service has without asking for them: the metrics that its rules read must be there, and be the right ones."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper import contract, naming, promql_tree
from watchkeeper.exposed.series_labels import family_of
from watchkeeper.model.alert import SEVERITIES, Alert, Proof, ProofSeries, Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec

_HOLD = Duration.parse("5m")
# OpenTelemetry makes a series with its first event: so long may a service have none after a start.
_FIRST_REQUEST = Duration.parse("1h")
_SAMPLES = 70


def threshold_alerts_of(service: Service, spec: Spec) -> tuple[Alert, ...]:
    """Return the service's threshold alerts: those of the spec, then the ones that every such service has."""
    if not service.http.is_ours:
        return _with_unmeasured(service, spec)
    has_own = any(alert.preset == "metric_conflict" for alert in service.alerts)
    if has_own or "http" not in service.signals or not _reads_middleware(service):
        return service.alerts
    return (*service.alerts, _metric_conflict(service, spec))


def _reads_middleware(service: Service) -> bool:
    """Return whether a rule of the service reads what the middleware emits."""
    names = {name for slo in service.slos if not slo.sli.external for name in _of_slo(slo)}
    names |= {name for alert in service.alerts if not alert.external for name in _of_alert(alert)}
    declared = {metric.name: metric for metric in service.metrics}
    for name in names:
        metric = declared.get(name) or declared.get(family_of(name))
        is_contract = (contract.family(name) or contract.family(family_of(name))) is not None
        if is_contract if metric is None else not metric.external:
            return True
    return False


def _of_slo(slo: Slo) -> set[str]:
    """Return the metrics that an indicator reads."""
    sli = slo.sli
    if sli.family is not None:
        return {contract.HTTP_REQUESTS if sli.family == "http" else sli.family}
    return _in_queries(sli.bad, sli.good, sli.total, sli.query)


def _of_alert(alert: Alert) -> set[str]:
    """Return the metrics that an alert reads; the metrics of its preset are the contract's."""
    if alert.preset is None:
        return _in_queries(alert.expr)
    if alert.preset == "service_down":
        return set()
    return {alert.metric or contract.HTTP_REQUESTS}


def _in_queries(*queries: str | None) -> set[str]:
    return {name for query in queries if query for name in promql_tree.metric_names(promql_tree.parse(query))}


def _with_unmeasured(service: Service, spec: Spec) -> tuple[Alert, ...]:
    """Return the alerts of a service that OpenTelemetry measures, with one on its metric unless the spec has its own."""
    duration = service.http.duration
    reads = any(slo.sli.family == "http" and not slo.sli.external for slo in service.slos) or any(
        alert.preset == "error_ratio" or alert.metric == duration for alert in service.alerts
    )
    if not reads or any(alert.name == naming.REQUESTS_UNMEASURED for alert in service.alerts):
        return service.alerts
    return (*service.alerts, _unmeasured(service, spec))


def _unmeasured(service: Service, spec: Spec) -> Alert:
    up, counted = ProofSeries("up", f"1x{_SAMPLES}"), ProofSeries(service.http.requests, f"0x{_SAMPLES}")
    return replace(
        _metric_conflict(service, spec),
        name=naming.REQUESTS_UNMEASURED,
        preset=None,
        expr=f"max(up) == 1\nunless\nmax({service.http.requests}) >= 0",
        hold=_FIRST_REQUEST,
        summary=f"{service.name}: no request is measured",
        description=f"It answers its scrapes, and has had no series of {service.http.duration} for {_FIRST_REQUEST}: "
        "objectives and alerts on its requests cannot fire. Its instrumentation has other names, such as those before "
        "OTEL_SEMCONV_STABILITY_OPT_IN=http, or it has answered nothing since it started.",
        proof=Proof(fires=(up,), silent=(up, counted)),
    )


def _metric_conflict(service: Service, spec: Spec) -> Alert:
    taken = {alert.name for alert in service.alerts}
    name = naming.METRIC_CONFLICT
    while name in taken:
        name = naming.camel(service.name) + name
    return Alert(
        name=name,
        preset="metric_conflict",
        expr=None,
        severity=_severity(service, spec),
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


def _severity(service: Service, spec: Spec) -> Severity:
    """Return warning, or the most urgent severity that has a route where warnings have none."""

    def has_route(severity: Severity) -> bool:
        return spec.notify.route_for(severity, service=service.name, team=service.team) is not None

    return next((one for one in ("warning", *SEVERITIES) if has_route(one)), "warning")
