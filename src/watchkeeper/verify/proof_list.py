"""The proofs that the plan asks for: files, the rules that they run, and the alerts that each scenario checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.scenarios.scenario import PACES, AlertCheck, Pace
from watchkeeper.verify.own_names import OwnNames, names_of_alerts, names_of_slo

# Slow files first; those of one evaluation a day are quick.
_ORDER: dict[Pace | None, int] = {"rollup": 0, "live": 1, None: 1, "daily": 2}


@dataclass(frozen=True, slots=True)
class ProofScenario:
    """One test of a file: its name, its checks of alerts by their full names, and the number of its checks of values."""

    title: str
    alerts: tuple[AlertCheck, ...]
    values: int


@dataclass(frozen=True, slots=True)
class ProofFile:
    """One file of unit tests, by its path below a folder of proofs, with the published rule file that it runs.

    `owner` is the rule group or SLO that it proves, with its own names; `pace` is None for threshold alerts.
    """

    path: str
    rules: str
    service: str
    owner: str
    names: OwnNames | None
    scenarios: tuple[ProofScenario, ...]
    pace: Pace | None = None

    @property
    def alerts(self) -> frozenset[str]:
        """Return the names of the alerts that the file checks."""
        return frozenset(check.alert for scenario in self.scenarios for check in scenario.alerts)

    @property
    def checks(self) -> int:
        """Return how many checks the file contains."""
        return sum(len(scenario.alerts) + scenario.values for scenario in self.scenarios)


@dataclass(frozen=True, slots=True)
class Unproven:
    """An alert that has no proof, and why."""

    service: str
    alert: str
    reason: str


def proof_files(plan: Plan) -> tuple[ProofFile, ...]:
    """Return every file of proofs, the slow ones first, so that they are not the last to end."""
    found = [
        file for service in plan.alerting_services for file in (*_of_slos(service), *_of_alerts(service))
    ]
    return tuple(sorted(found, key=lambda file: (_ORDER[file.pace], file.path)))


def unproven(plan: Plan) -> tuple[Unproven, ...]:
    """Return the alerts without a proof."""
    found: list[Unproven] = []
    for service in plan.alerting_services:
        proven = {check.alert for scenario in service.alert_scenarios for check in scenario.checks}
        for alert in service.alerts:
            if alert.name not in proven:
                reason = "its `expr` has no `proof` of its own"
                found.append(Unproven(service.name, alert.name, reason))
        for slo in service.slos:
            if slo.proof.unproven is not None:
                found += [Unproven(service.name, alert.name, slo.proof.unproven) for alert in slo.alerts]
    return tuple(found)


def assumptions(plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what the proof of each alert assumes, by service and alert; alerts that assume nothing are left out."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for service in plan.alerting_services:
        for scenario in service.alert_scenarios:
            found[service.name, scenario.alert] = scenario.assumed
        for slo in service.slos:
            found |= {(service.name, alert.name): slo.proof.assumed for alert in slo.alerts}
    return {key: assumed for key, assumed in found.items() if assumed}


def _of_slos(service: PlannedService) -> Iterator[ProofFile]:
    for slo in service.slos:
        names = names_of_slo(slo)
        for pace, file_name in PACES.items():
            scenarios = tuple(
                ProofScenario(
                    f"{slo.slo_id}: {scenario.title}", _named(scenario.alerts, slo), len(scenario.values)
                )
                for scenario in slo.proof.scenarios
                if scenario.pace == pace
            )
            if scenarios:
                path = naming.proof_path(service.name, f"{slo.name}-{file_name}")
                yield ProofFile(path, slo.rules_path, service.name, slo.slo_id, names, scenarios, pace)


def _named(checks: tuple[AlertCheck, ...], slo: PlannedSlo) -> tuple[AlertCheck, ...]:
    names = {alert.slo_kind: alert.name for alert in slo.alerts}
    return tuple(AlertCheck(check.at, names[check.alert], check.firing, check.aspect) for check in checks)


def _of_alerts(service: PlannedService) -> Iterator[ProofFile]:
    for step, found in service.alert_proofs.items():
        scenarios = tuple(ProofScenario(scenario.name, scenario.checks, 0) for scenario in found)
        path = naming.alerts_proof_path(service.name, step)
        group = naming.alerts_group(service.name)
        names = names_of_alerts(service)
        yield ProofFile(path, service.alerts_path, service.name, group, names, scenarios)
