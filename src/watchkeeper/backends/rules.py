"""Prometheus: a rule file for each SLO, in reading order, and one with the threshold alerts of each service."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from watchkeeper import naming
from watchkeeper.emit import promql
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.rules_yaml import RuleFile, label_lines
from watchkeeper.model.slo import TILE
from watchkeeper.model.stack import Stack
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService, PlannedSlo
from watchkeeper.plan.slo.base_window import FROM_BASE
from watchkeeper.plan.slo.recordings import reading_notes

_SPEC_GROUP = f"{naming.OWN_SERVICE}-spec"
_SPEC_COMMENT = "Its hash is that of all other rule files: `watchkeeper status` compares it with the spec."


def render(plan: Plan) -> dict[str, str]:
    """Return the alert file of each service and the rule file of each SLO."""
    files = {
        path: out.text()
        for service in plan.alerting_services
        for path, out in rule_files(service, plan).items()
    }
    if plan.own is not None:
        files[naming.SPEC_INFO_FILE] = spec_info(files, plan.source).text()
    return files


def rule_files(service: PlannedService, plan: Plan) -> dict[str, RuleFile]:
    """Return a service's rule files by path: its planned work, its calendar, its threshold alerts, then each SLO."""
    files: dict[str, RuleFile] = {}
    if service.window_rules:
        files[naming.maintenance_path(service.name)] = _maintenance(service, plan)
    if service.calendar_rules:
        files[naming.calendar_path(service.name)] = _calendar(service)
    if service.alerts:
        files[service.alerts_path] = _threshold_alerts(service, plan)
    for slo in service.slos:
        files[slo.rules_path] = _slo(slo, service.source, plan)
    return files


def _maintenance(service: PlannedService, plan: Plan) -> RuleFile:
    out = RuleFile(generated_from(service.source))
    early = f"{plan.stack.evaluation_interval} early, so that every rule knows it in time"
    comment = f"Planned work of {service.name}: a window is 1 while it is open, and from {early}."
    out.group(naming.maintenance_group(service.name), comment=comment)
    for rule in service.window_rules:
        out.record(rule.record, rule.expr, label_lines(rule.labels), comment=rule.comment)
    return out


def _calendar(service: PlannedService) -> RuleFile:
    out = RuleFile(generated_from(service.source))
    comment = f"The months and quarters of {service.name}'s objectives."
    out.group(naming.calendar_group(service.name), comment=comment)
    for rule in service.calendar_rules:
        out.record(rule.record, rule.expr, label_lines(rule.labels), comment=rule.comment)
    return out


def _threshold_alerts(service: PlannedService, plan: Plan) -> RuleFile:
    out = RuleFile(generated_from(service.source))
    out.group(naming.alerts_group(service.name), comment=f"Threshold alerts of {service.name}.")
    for rule in service.records:
        out.record(rule.record, rule.expr, (), comment=rule.comment)
    for alert in service.alerts:
        _alert(out, alert, plan.stack)
    return out


def _slo(slo: PlannedSlo, source: str, plan: Plan) -> RuleFile:
    parameters = slo.parameters
    notes = "\n".join(reading_notes(parameters, slo.indicator))
    out = RuleFile(f"{generated_from(source)}\n{notes}")
    labels = label_lines(slo.labels)
    kept = f"{promql.number(parameters.objective * 100)}% over {parameters.window_words}"
    out.group(
        naming.live_group(slo.slo_id),
        comment=f"{slo.slo_id}: {kept}. These rules run in this order at every evaluation.",
    )
    for rule in slo.live_rules:
        out.record(rule.record, rule.expr, labels, comment=rule.comment)
    for alert in slo.alerts:
        _alert(out, alert, plan.stack)
    out.group(
        naming.rollup_group(slo.slo_id),
        comment=f"Windows beyond {FROM_BASE}, from rollups of {TILE}: cheap at any length.",
        interval=str(TILE),
    )
    for rule in slo.rollup_rules:
        out.record(rule.record, rule.expr, labels, comment=rule.comment)
    return out


def _alert(out: RuleFile, alert: PlannedAlert, stack: Stack) -> None:
    settings = [("for", str(alert.hold))] if alert.hold.milliseconds else []
    if alert.keep_firing is not None:
        settings.append(("keep_firing_for", str(alert.keep_firing)))
    annotations = (
        ("summary", alert.summary),
        ("description", alert.description),
        (_runbook_name(alert.runbook_url), alert.runbook_url),
        ("dashboard_url", _dashboard(alert, stack)),
        ("traces_url", _traces(alert, stack)),
        ("query", promql.alert_template_escape(alert.next_query)),
    )
    out.alert(alert.name, alert.expr, settings, alert.labels, annotations, comment=alert.comment)


def _dashboard(alert: PlannedAlert, stack: Stack) -> str:
    # The dashboards show services; the stack itself is none of them.
    is_own = alert.service == naming.OWN_SERVICE
    path = "" if is_own else naming.dashboard_query(alert.service, dict(alert.labels).get("slo"))
    return f"{stack.scheme}://{stack.external_host}:{stack.ports.grafana}{path}"


def _traces(alert: PlannedAlert, stack: Stack) -> str:
    return f"{stack.scheme}://{stack.external_host}:{stack.ports.jaeger}/search?service={alert.service}"


def _runbook_name(address: str) -> str:
    """Return `runbook_url` for an address; a path in the repository is no address, and no message links to it."""
    return "runbook_url" if "://" in address else "runbook_path"


def rules_hash(files: Mapping[str, str]) -> str:
    """Return what distinguishes these rule files, by path, from others; the file of the hash itself does not count."""
    found = hashlib.sha256()
    for path, text in sorted(files.items()):
        if path != naming.SPEC_INFO_FILE:
            found.update(f"{path}\0{text}\0".encode())
    return found.hexdigest()[:16]


def spec_info(files: Mapping[str, str], source: str) -> RuleFile:
    """Return the rule file that records the hash of these rule files."""
    out = RuleFile(generated_from(source))
    out.group(_SPEC_GROUP, comment="Which rules these are.")
    out.record(
        naming.SPEC_INFO, "vector(1)", label_lines((("hash", rules_hash(files)),)), comment=_SPEC_COMMENT
    )
    return out
