"""What the form of a runbook may use: the names that monitoring/RUNBOOK_TEMPLATE.md lists, for one alert."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

from watchkeeper import naming
from watchkeeper.backends.runbooks.notes import quoted
from watchkeeper.backends.runbooks.pieces import Pieces, Values
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.markdown import Markdown
from watchkeeper.model.alert import Alert
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.maintenance.open_windows import when
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService, PlannedSlo
from watchkeeper.plan.runbook.after_the_fix import after_the_fix
from watchkeeper.plan.runbook.counted import clock_of, histogram_name
from watchkeeper.plan.runbook.first_queries import deploy_queries, first_queries
from watchkeeper.plan.runbook.how_proven import proof_rows
from watchkeeper.plan.runbook.impact import burnt_by, least_ratio, one_of, outage_budget
from watchkeeper.plan.runbook.notified import notified_by
from watchkeeper.plan.slo.budget_words import budget_words

_USUAL_SPEC = "monitoring/SLO_DEFINITIONS.yml"
# Stands for what only the alert that fires knows.
VALUE = "VALUE"
_LAST_HOUR = "lookback=1h&limit=20"
_FAILED = quote('{"error":"true"}')
_BURNS = (naming.FAST_BURN, naming.SLOW_BURN)
# What the alert is about decides where to look and what to do.
_TOPICS = {
    "availability": "errors",
    "latency": "latency",
    "events": "events",
    "boolean": "state",
    "ratio": "state",
    "error_ratio": "errors",
    "latency_quantile": "latency",
    "gauge_below": "gauge",
    "gauge_above": "gauge",
    "replicas_below": "service_down",
}


def facts_of(
    alert: PlannedAlert,
    written: Alert | None,
    slo: PlannedSlo | None,
    service: PlannedService,
    plan: Plan,
    pieces: Pieces,
) -> dict[str, object]:
    """Return the values of one alert; plain strings are text, which the form escapes.

    `written` is the alert in the spec: an objective's alerts, and those that every service has, are not there.
    """
    kind = dict(alert.labels)[naming.KIND_LABEL]
    topic, metric = _topic(kind, slo, written), _metric(written, slo, service)
    about: Values = (
        ("kind", kind),
        ("topic", topic),
        ("metric", metric),
        ("advice", _text(alert.mitigation, service)),
    )
    proof, unproven = proof_rows(alert, slo, service)
    notes = slo.spec.runbook_notes if slo is not None else written.runbook_notes if written else None
    return {
        "header": Markdown(generated_from(service.source).replace("\n", " ")),
        "name": alert.name,
        "service": service.name,
        "team": service.team,
        "severity": alert.severity,
        "kind": kind,
        "topic": topic,
        "metric": metric,
        "hold": str(alert.hold) if alert.hold.milliseconds else "",
        "meaning": _text(alert.comment, service),
        "fires": dict(budget_words(slo)).get(alert.slo_kind or "", "") if slo is not None else "",
        "expression": alert.expr if slo is None else "",
        "rules_file": slo.rules_path if slo is not None else service.alerts_path,
        **(_OBJECTIVE if slo is None else _objective(slo)),
        "impact": pieces.piece("impact", (*about, *_impact(alert, written, slo, service, pieces))),
        "diagnosis": pieces.piece("diagnosis", about),
        "mitigation": pieces.piece("mitigation", about),
        "queries": first_queries(alert, written, slo, service),
        "deploys": deploy_queries(service),
        "notified": pieces.piece(
            "notified",
            (
                ("kind", kind),
                ("severity", alert.severity),
                ("notified", notified_by(alert, plan)),
                (
                    "windows",
                    tuple((one.name, when(one), one.reason, one.author) for one in service.maintenance),
                ),
            ),
        ),
        "muted_by": pieces.mutings.names(alert, slo, service),
        "by": alert.by or "",
        "values": slo.parameters.split.words if alert.by and slo is not None and slo.parameters.split else "",
        "silence": _silence(alert, plan.source),
        "proof": proof,
        "unproven": unproven,
        "after": tuple(after_the_fix(alert, slo)),
        "notes": quoted(notes.text) if notes is not None else "",
        **_links(written, slo, service, plan, topic),
    }


def _topic(kind: str, slo: PlannedSlo | None, written: Alert | None) -> str:
    if slo is not None:
        return kind if kind in ("metric_missing", "idle") else _TOPICS[slo.spec.sli.kind]
    if kind == "saturation":
        return (written.resource if written is not None else None) or "memory"
    return _TOPICS.get(kind, kind)


def _metric(written: Alert | None, slo: PlannedSlo | None, service: PlannedService) -> str:
    """Return the metric that the alert is about, empty where queries decide."""
    if slo is not None:
        return histogram_name(slo, service.spec)
    return (written.metric if written is not None else None) or ""


_OBJECTIVE: Mapping[str, str] = dict.fromkeys(("objective", "promise", "description", "budget"), "")


def _objective(slo: PlannedSlo) -> Mapping[str, str]:
    promise = (
        f"{percentage(slo.parameters.objective)} of {slo.indicator.unit} over {slo.parameters.window_words}"
    )
    return {
        "objective": slo.name,
        "promise": promise,
        "description": slo.description.rstrip("."),
        "budget": outage_budget(slo),
    }


def _impact(
    alert: PlannedAlert,
    written: Alert | None,
    slo: PlannedSlo | None,
    service: PlannedService,
    pieces: Pieces,
) -> Values:
    """Return the numbers behind the impact: shares of events, rows of tiers, and what burns."""
    ratio, outage = _least(alert, written, slo), alert.preset == "service_down"
    counts_requests = outage or alert.preset == "error_ratio"
    burns = burnt_by(service, is_outage=outage)
    is_http = bool(alert.preset) and _metric(written, slo, service) == service.spec.http.duration
    return (
        ("share", one_of(ratio) if ratio else ""),
        ("percent", percentage(ratio) if ratio else ""),
        ("limit", _latency_limit(written, slo)),
        ("unit", slo.indicator.unit if slo is not None else ""),
        ("window", slo.parameters.window_words if slo is not None else ""),
        ("rows", pieces.burns(alert, slo) if slo is not None and alert.slo_kind in _BURNS else ()),
        ("burns", tuple(burns) if counts_requests else ()),
        ("promised", _promised(service) if is_http else ""),
        ("description", _text(alert.impact, service) if slo is None else ""),
    )


def _text(words: str, service: PlannedService) -> str:
    """Return a text as it is where it is ours, since ours are Markdown; a spec's is escaped by the form."""
    return Markdown(words) if service.name == naming.OWN_SERVICE else words


def _least(alert: PlannedAlert, written: Alert | None, slo: PlannedSlo | None) -> Decimal | None:
    """Return the lowest share of bad events at which the alert fires, None for alerts that count none."""
    if slo is not None:
        return least_ratio(alert, slo) if alert.slo_kind in _BURNS else None
    if written is None:
        return None
    if alert.preset == "latency_quantile":
        return 1 - (written.quantile or Decimal(0))
    return written.threshold if alert.preset == "error_ratio" else None


def _latency_limit(written: Alert | None, slo: PlannedSlo | None) -> str:
    """Return the duration that is too long, empty where none is."""
    if slo is not None:
        return str(slo.spec.sli.threshold or "")
    if written is None or written.preset != "latency_quantile":
        return ""
    return clock_of(float(written.threshold or 0))


def _promised(service: PlannedService) -> str:
    sla = service.spec.sla
    if sla is None or sla.latency_below is None:
        return ""
    return f"p{(sla.latency_quantile or Decimal('0.95')) * 100:.0f} under {sla.latency_below}"


def _silence(alert: PlannedAlert, source: str) -> str:
    spec = "" if source == _USUAL_SPEC else f" --spec {shlex.quote(source)}"
    value = f" {alert.by}={VALUE}" if alert.by is not None else ""
    return (
        f"watchkeeper silence add {alert.name} service={alert.service}{value} --duration 1h"
        f' --comment "I am on it"{spec}'
    )


def _links(
    written: Alert | None, slo: PlannedSlo | None, service: PlannedService, plan: Plan, topic: str
) -> Mapping[str, str]:
    host, ports = f"{plan.stack.scheme}://{plan.stack.external_host}", plan.stack.ports
    traces = f"{host}:{ports.jaeger}/search?service={service.name}&{_LAST_HOUR}"
    if topic == "errors":
        traces += f"&tags={_FAILED}"
    elif topic == "latency" and (limit := _latency_limit(written, slo)):
        traces += f"&minDuration={limit}"
    return {
        "prometheus_link": f"{host}:{ports.prometheus}/query",
        "alerts_link": f"{host}:{ports.alertmanager}/#/alerts",
        "dashboard_link": f"{host}:{ports.grafana}"
        + naming.dashboard_query(service.name, slo.name if slo is not None else None),
        "traces_link": traces,
        "proofs_link": f"../../proofs/{service.name}.md",
        "index_link": "../README.md",
    }
