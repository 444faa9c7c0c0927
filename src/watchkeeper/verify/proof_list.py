"""Which proofs the plan asks for: files, the rules that they play, and the alerts that each story speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.scenarios.scenario import SCALES, AlertCheck


@dataclass(frozen=True, slots=True)
class ProofStory:
    """One test of a file: its name, what it says of alerts by their full names, and how many series it reads."""

    title: str
    alerts: tuple[AlertCheck, ...]
    values: int


@dataclass(frozen=True, slots=True)
class ProofFile:
    """One file of unit tests with the rule file that it plays, both relative to the root; `owner` is whose it is."""

    path: str
    rules: str
    owner: str
    stories: tuple[ProofStory, ...]

    @property
    def checks(self) -> int:
        """Return how many moments the file looks at."""
        return sum(len(story.alerts) + story.values for story in self.stories)


@dataclass(frozen=True, slots=True)
class Unproven:
    """An alert that has no proof, and why."""

    service: str
    alert: str
    reason: str


def proof_files(plan: Plan) -> tuple[ProofFile, ...]:
    """Return every file of proofs, the long ones first, so that they are not the last to end."""
    found = [file for service in plan.services for file in (*_of_slos(service), *_of_alerts(service))]
    return tuple(sorted(found, key=lambda file: ("history" in file.path, "days" not in file.path, file.path)))


def unproven(plan: Plan) -> tuple[Unproven, ...]:
    """Return the alerts that nothing proves."""
    found: list[Unproven] = []
    for service in plan.services:
        told = {check.alert for story in service.alert_stories for check in story.checks}
        for alert in service.alerts:
            if alert.name not in told:
                reason = "its `expr` has no `proof` of its own"
                found.append(Unproven(service.name, alert.name, reason))
        for slo in service.slos:
            if slo.proof.unproven is not None:
                found += [Unproven(service.name, alert.name, slo.proof.unproven) for alert in slo.alerts]
    return tuple(found)


def _of_slos(service: PlannedService) -> Iterator[ProofFile]:
    for slo in service.slos:
        for scale in SCALES:
            stories = tuple(
                ProofStory(f"{slo.slo_id}: {story.title}", _named(story.alerts, slo), len(story.values))
                for story in slo.proof.stories
                if story.scale == scale
            )
            if stories:
                path = naming.proof_path(service.name, f"{slo.name}-{scale}")
                yield ProofFile(path, slo.rules_path, slo.slo_id, stories)


def _named(checks: tuple[AlertCheck, ...], slo: PlannedSlo) -> tuple[AlertCheck, ...]:
    names = {alert.slo_kind: alert.name for alert in slo.alerts}
    return tuple(AlertCheck(check.at, names[check.alert], check.firing, check.aspect) for check in checks)


def _of_alerts(service: PlannedService) -> Iterator[ProofFile]:
    if service.alert_stories:
        stories = tuple(ProofStory(story.title, story.checks, 0) for story in service.alert_stories)
        path = naming.proof_path(service.name, naming.ALERTS_PROOF)
        yield ProofFile(path, service.alerts_path, naming.alerts_group(service.name), stories)
