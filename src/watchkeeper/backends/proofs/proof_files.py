"""Proofs as promtool's unit tests: a file for the threshold alerts of a service, and three an SLO:
at the evaluation interval, over hours, and over weeks. They are a function of the plan, and are not committed.
"""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.backends.proofs.promtool_text import alert_check, firing_labels, labels_text, slo_template
from watchkeeper.contract import OTHER_VALUE
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.promtool_yaml import ProofFile
from watchkeeper.emit.template import slot, split
from watchkeeper.model.duration import Duration
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.proof_text import ProofText
from watchkeeper.plan.proofs.scenarios.scenario import PACES
from watchkeeper.plan.proofs.series.decoys import REST, calendar_decoys
from watchkeeper.plan.proofs.series.samples import SECOND, THIRD
from watchkeeper.plan.proofs.series.split_series import around_value


def proof_texts(plan: Plan) -> Iterator[ProofText]:
    """Yield the proofs of every service's threshold alerts and of every SLO."""
    for service in plan.alerting_services:
        for step in service.alert_proofs:
            yield _thresholds(service, step, plan.stack.evaluation_interval)
        for slo in service.slos:
            yield from _slo(slo, service)


def render(plan: Plan, *, root: str) -> dict[str, str]:
    """Return the files for a folder of proofs; `root` leads from there to the root of the published files."""
    header = generated_from(plan.source)
    return {one.path: one.text(f"../{root}/{one.rules}", header) for one in proof_texts(plan)}


def _thresholds(service: PlannedService, step: int | None, usual: Duration) -> ProofText:
    names = {"group": naming.alerts_group(service.name)}
    every = usual if step is None else Duration(step * 1000)
    out = ProofFile("", (slot("path"),), str(every), (slot("group"),))
    alerts = {alert.name: alert for alert in service.alerts}
    for scenario in service.alert_proofs[step]:
        given = {f"series{len(names) + n}": text for n, (text, _) in enumerate(scenario.series)}
        series = zip(map(slot, given), (samples for _, samples in scenario.series), strict=True)
        out.test(scenario.name, f"{scenario.interval}s", series)
        names |= given
        for check in scenario.checks:
            alert = alerts[check.alert]
            firing = None
            if scenario.labels is not None:
                name = f"firing{len(names)}"
                names[name], firing = firing_labels(alert, scenario.labels), slot(name)
            alert_check(out, check, alert.name, firing, elsewhere=scenario.elsewhere)
    path = naming.alerts_proof_path(service.name, step)
    return ProofText(path, service.alerts_path, split(out.text()), names)


def _slo(slo: PlannedSlo, service: PlannedService) -> Iterator[ProofText]:
    """Yield the SLO's files: SLOs of one profile differ in names only."""
    proof = slo.proof
    if proof.profile is None:
        return
    series, decoys = (tuple(one.role for one in many) for many in (proof.series, proof.decoys))
    names = _names(slo)
    for pace, file_name in PACES.items():
        if any(scenario.pace == pace for scenario in proof.scenarios):
            path = naming.proof_path(service.name, f"{slo.name}-{file_name}")
            yield ProofText(path, slo.rules_path, slo_template(proof.profile, series, decoys, pace), names)


def _names(slo: PlannedSlo) -> dict[str, str]:
    """Return the text for each slot of the template but the path."""
    renamed = tuple((name, "former" if name == "team" else value) for name, value in slo.labels)
    proven = slo.proof.proven
    value, rest = (f",{proven.matcher}", f",{proven.of(OTHER_VALUE)}") if proven is not None else ("", "")
    found = {
        "live": naming.live_group(slo.slo_id),
        "rollup": naming.rollup_group(slo.slo_id),
        "id": slo.slo_id,
        "recorded": labels_text(slo.labels) + value,
        "value": value,
        "service": slo.service,
        "previous": labels_text(renamed) + value,
    }
    if slo.parameters.calendar is not None:
        found["calendar"] = labels_text(slo.parameters.calendar.labels)
        others = calendar_decoys(slo.parameters.calendar)
        found |= {f"calendar{number}": labels_text(labels) for number, labels in enumerate(others)}
    for kind, many in (("fed", slo.proof.series), ("decoy", slo.proof.decoys)):
        found |= {f"{kind}{number}": one.text for number, one in enumerate(many)}
    for alert in slo.alerts:
        found[f"alert{alert.slo_kind}"] = alert.name
        own, shared = (value, rest) if alert.slo_kind not in naming.OF_WHOLE_OBJECTIVE else ("", "")
        found[f"firing{alert.slo_kind}"] = firing_labels(alert, ()) + own
        found[f"firing{alert.slo_kind}rest"] = firing_labels(alert, ()) + shared
    if proven is not None:
        found["label"] = proven.label
        whose_values = {"rest": OTHER_VALUE, "beside": proven.beside, "unplaced": REST[0], "none": ""}
        for whose, other in whose_values.items():
            found[f"value{whose}"] = f",{proven.of(other)}"
            found[f"recorded{whose}"] = f"{labels_text(slo.labels)},{proven.of(other)}"
        for number, one in enumerate(slo.proof.series):
            if proven.matcher in one.text:
                for target, text in (("", one.text), ("third", one.text.replace(SECOND, THIRD))):
                    found[f"head{number}{target}"], found[f"tail{number}{target}"] = around_value(
                        text, proven
                    )
    return found
