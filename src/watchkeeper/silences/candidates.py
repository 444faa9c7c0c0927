"""Which alerts a silence can mute: those of the spec, and those that Alertmanager has now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from watchkeeper.alertmanager_api import GivenAlert, Labels, Matcher
from watchkeeper.contract import FAMILIES
from watchkeeper.emit.promql import alert_template_unescape
from watchkeeper.exposed.label_pattern import accepted
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert with the labels that it surely has, and the names of those that its series may have in addition."""

    labels: Labels
    possible: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Return the alert's name."""
        return self.labels.get("alertname", "")

    @property
    def shown(self) -> str:
        """Return the alert with its service, for people."""
        service = self.labels.get("service", "")
        return f"{self.name} of {service}" if service else self.name

    def is_muted_by(self, matchers: Iterable[Matcher]) -> bool:
        """Return whether matchers mute the alert, or may do so because of labels that only its series decide."""
        return all(one.name in self._open() or matches(one, self.labels) for one in matchers)

    def _open(self) -> frozenset[str]:
        return self.possible - self.labels.keys()


def matches(one: Matcher, labels: Labels) -> bool:
    """Return whether labels meet a matcher; a label that is missing counts as empty, as in Alertmanager."""
    # Alertmanager itself refuses a pattern that cannot be read.
    return bool(accepted(one.op, one.value, (labels.get(one.name, ""),)))


def planned_candidates(plan: Plan) -> tuple[Candidate, ...]:
    """Return every alert of the plan with the labels that Alertmanager gets, external ones too."""
    return tuple(
        _candidate(alert, service, plan) for service in plan.services for alert in service.all_alerts
    )


def given_candidates(given: Iterable[GivenAlert]) -> tuple[Candidate, ...]:
    """Return the alerts that Alertmanager has now."""
    return tuple(Candidate(one.labels) for one in given)


def _candidate(alert: PlannedAlert, service: PlannedService, plan: Plan) -> Candidate:
    fixed = {name: alert_template_unescape(value) for name, value in alert.labels}
    labels = {"alertname": alert.name, "environment": plan.stack.environment, **fixed}
    return Candidate(labels, frozenset(_series_labels(service)))


def _series_labels(service: PlannedService) -> Iterator[str]:
    """Yield the names of labels that the series of a service have."""
    yield from ("instance", "job")
    yield from (name for name, _ in service.target_labels)
    yield from (label for family in FAMILIES for label in family.labels)
    yield from (label for metric in service.metrics for label in metric.labels)
