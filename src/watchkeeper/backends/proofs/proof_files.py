"""Proofs as promtool's unit tests: a file for the threshold alerts of a service, and three an SLO:
at the pace of life, over hours, and over weeks.
"""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.proofs.promtool_text import alert_check, firing_labels, labels_text, slo_template
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.promtool_yaml import ProofFile
from watchkeeper.emit.template import fill
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.scenarios.scenario import SCALES


def render(plan: Plan) -> dict[str, str]:
    """Return the proofs of every service's threshold alerts and of every SLO."""
    files: dict[str, str] = {}
    header = generated_from(plan.source)
    for service in plan.services:
        if service.alert_stories:
            path = naming.proof_path(service.name, naming.ALERTS_PROOF)
            files[path] = _thresholds(service, header, str(plan.stack.evaluation_interval))
        for slo in service.slos:
            files.update(_slo(slo, service, header))
    return files


def _thresholds(service: PlannedService, header: str, step: str) -> str:
    path = f"../../prometheus/alerts/{service.name}.yml"
    out = ProofFile(header, (path,), step, (naming.alerts_group(service.name),))
    alerts = {alert.name: alert for alert in service.alerts}
    for story in service.alert_stories:
        out.test(story.title, f"{story.interval}s", story.series)
        for check in story.checks:
            alert = alerts[check.alert]
            firing = None if story.labels is None else firing_labels(alert, story.labels)
            alert_check(out, check, alert.name, firing)
    return out.text()


def _slo(slo: PlannedSlo, service: PlannedService, header: str) -> dict[str, str]:
    """Return the SLO's files: those of all SLOs with one cast are alike but for their names."""
    proof = slo.proof
    if proof.cast is None:
        return {}
    series, strangers = (tuple(one.role for one in many) for many in (proof.series, proof.strangers))
    names = _names(slo, service)
    files = {}
    for scale in SCALES:
        if any(story.scale == scale for story in proof.stories):
            text = slo_template(proof.cast, series, strangers, scale)
            path = naming.proof_path(service.name, f"{slo.name}-{scale}")
            files[path] = f"{_comment(header)}{fill(text, names)}"
    return files


def _comment(header: str) -> str:
    return "".join(f"# {line}\n" for line in header.splitlines())


def _names(slo: PlannedSlo, service: PlannedService) -> dict[str, str]:
    """Return what stands in each slot of the template, as it is written between single quotes."""
    renamed = tuple((name, "former" if name == "team" else value) for name, value in slo.labels)
    found = {
        "path": f"../../prometheus/rules/{service.name}/{slo.name}.yml",
        "fast": naming.fast_group(slo.slo_id),
        "slow": naming.slow_group(slo.slo_id),
        "id": slo.slo_id,
        "recorded": labels_text(slo.labels),
        "former": labels_text(renamed),
    }
    for kind, many in (("fed", slo.proof.series), ("strange", slo.proof.strangers)):
        found |= {f"{kind}{number}": one.text for number, one in enumerate(many)}
    for alert in slo.alerts:
        found[f"alert{alert.slo_kind}"] = alert.name
        found[f"firing{alert.slo_kind}"] = firing_labels(alert, ())
    return {name: value.replace("'", "''") for name, value in found.items()}
