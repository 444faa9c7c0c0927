"""Proofs are shared by rules of one shape: no mutant may have the shape of the rules that it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from scripts.mutants.mutant import Mutant
from watchkeeper.pipeline import load_plan, proof_texts
from watchkeeper.verify.own_names import OwnNames, names_of_alerts, names_of_slo
from watchkeeper.verify.promtool import syntax_errors
from watchkeeper.verify.shape import RulesShape


def alike(root: Path, rules: dict[Path, str], mutants: Iterable[Mutant]) -> list[Mutant]:
    """Return the mutants that would share the proof of the rules as they are."""
    plan = load_plan(root / "monitoring" / "SLO_DEFINITIONS.yml", syntax_errors)
    proofs = {Path(one.rules): one for one in proof_texts(plan)}
    names: dict[Path, OwnNames | None] = {}
    for service in plan.alerting_services:
        names[Path(service.alerts_path)] = names_of_alerts(service)
        names |= {Path(slo.rules_path): names_of_slo(slo) for slo in service.slos}

    def key(path: Path, text: str) -> str | None:
        return RulesShape(text, names[path]).key(proofs[path])

    keys = {path: key(path, rules[path]) for path in proofs}
    found = [one for one in mutants if one.path in keys]
    return [one for one in found if (mine := key(one.path, one.text)) is not None and mine == keys[one.path]]
