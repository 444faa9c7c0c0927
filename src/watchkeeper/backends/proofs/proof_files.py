"""Proofs as promtool's unit tests: a file for the threshold alerts of a service, and three an SLO:
at the evaluation interval, over hours, and over weeks.
"""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.proofs.promtool_text import alert_check, firing_labels, labels_text, slo_template
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.promtool_yaml import ProofFile
from watchkeeper.emit.template import fill
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.scenarios.scenario import PACES


def render(plan: Plan) -> dict[str, str]:
    """Return the proofs of every service's threshold alerts and of every SLO."""
    files: dict[str, str] = {}
    header = generated_from(plan.source)
    for service in plan.services:
        if service.alert_scenarios:
            path = naming.proof_path(service.name, naming.ALERTS_PROOF)
            files[path] = _thresholds(service, header, str(plan.stack.evaluation_interval))
        for slo in service.slos:
            files.update(_slo(slo, service, header))
    return files


def _thresholds(service: PlannedService, header: str, step: str) -> str:
    path = f"../../prometheus/alerts/{service.name}.yml"
    out = ProofFile(header, (path,), step, (naming.alerts_group(service.name),))
    alerts = {alert.name: alert for alert in service.alerts}
    for scenario in service.alert_scenarios:
        out.test(scenario.name, f"{scenario.interval}s", scenario.series)
        for check in scenario.checks:
            alert = alerts[check.alert]
            firing = None if scenario.labels is None else firing_labels(alert, scenario.labels)
            alert_check(out, check, alert.name, firing)
    return out.text()


def _slo(slo: PlannedSlo, service: PlannedService, header: str) -> dict[str, str]:
    """Return the SLO's files: SLOs of one profile differ in names only."""
    proof = slo.proof
    if proof.profile is None:
        return {}
    series, decoys = (tuple(one.role for one in many) for many in (proof.series, proof.decoys))
    names = _names(slo, service)
    files = {}
    for pace, file_name in PACES.items():
        if any(scenario.pace == pace for scenario in proof.scenarios):
            text = slo_template(proof.profile, series, decoys, pace)
            path = naming.proof_path(service.name, f"{slo.name}-{file_name}")
            files[path] = f"{_comment(header)}{fill(text, names)}"
    return files


def _comment(header: str) -> str:
    return "".join(f"# {line}\n" for line in header.splitlines())


def _names(slo: PlannedSlo, service: PlannedService) -> dict[str, str]:
    """Return the text for each slot of the template, escaped for single quotes."""
    renamed = tuple((name, "former" if name == "team" else value) for name, value in slo.labels)
    found = {
        "path": f"../../prometheus/rules/{service.name}/{slo.name}.yml",
        "fast": naming.fast_group(slo.slo_id),
        "slow": naming.slow_group(slo.slo_id),
        "id": slo.slo_id,
        "recorded": labels_text(slo.labels),
        "previous": labels_text(renamed),
    }
    for kind, many in (("fed", slo.proof.series), ("decoy", slo.proof.decoys)):
        found |= {f"{kind}{number}": one.text for number, one in enumerate(many)}
    for alert in slo.alerts:
        found[f"alert{alert.slo_kind}"] = alert.name
        found[f"firing{alert.slo_kind}"] = firing_labels(alert, ())
    return {name: value.replace("'", "''") for name, value in found.items()}
