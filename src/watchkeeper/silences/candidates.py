"""Which alerts a silence can mute: those of the spec, and those that Alertmanager has now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.alertmanager_api import GivenAlert, Labels, Matcher
from watchkeeper.contract import OTHER_VALUE
from watchkeeper.exposed.label_pattern import is_read_alike
from watchkeeper.model.service import Service
from watchkeeper.plan.notified_labels import notified_labels
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService
from watchkeeper.spec.formats import Malformed
from watchkeeper.spec.preset_shapes import PRESET_SHAPES
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.promql.result_labels import result_labels
from watchkeeper.spec.promql.vocabulary import Vocabulary

_RELABELING = ("label_replace", "label_join", "count_values")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert with the labels that it surely has, and the names of those that its series may have in addition.

    `possible` is None where these may be any, as with metrics of other programs. `selected` are the matchers of each
    selector of its expression, which limit the values of those labels; empty where the expression may change them.
    """

    labels: Labels
    possible: frozenset[str] | None = frozenset()
    selected: tuple[tuple[Matcher, ...], ...] = ()

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
        return all(self._may_meet(one) or matches(one, self.labels) for one in matchers)

    def _may_meet(self, one: Matcher) -> bool:
        if one.name in self.labels or (self.possible is not None and one.name not in self.possible):
            return False
        return not self.selected or any(_selects_some(own, one) for own in self.selected)


def _selects_some(own: Iterable[Matcher], one: Matcher) -> bool:
    """Return whether series that a selector finds may meet a matcher; in doubt they may."""
    same = [each for each in own if each.name == one.name]
    fixed = next((each.value for each in same if each.op == "="), None)
    if fixed is not None:
        return matches(one, {one.name: fixed})
    return one.op != "=" or all(matches(each, {one.name: one.value}) for each in same)


def matches(one: Matcher, labels: Labels) -> bool:
    """Return whether labels meet a matcher; a label that is missing counts as empty, as in Alertmanager."""
    has = labels.get(one.name, "")
    if not one.op.endswith("~"):
        return (has == one.value) == (one.op == "=")
    # A silence of others may have a pattern that only Alertmanager can judge. Its dot, unlike Prometheus', meets no
    # line break.
    return not is_read_alike(one.value) or bool(re.fullmatch(one.value, has)) == (one.op == "=~")


def planned_candidates(plan: Plan) -> tuple[Candidate, ...]:
    """Return every alert of the plan, those of the stack itself too, with the labels that Alertmanager gets."""
    return tuple(
        _candidate(alert, service, plan)
        for service in plan.alerting_services
        for alert in service.all_alerts
        # The Watchdog notifies no person.
        if alert.severity != "none"
    )


def given_candidates(given: Iterable[GivenAlert]) -> tuple[Candidate, ...]:
    """Return the alerts that Alertmanager has now."""
    return tuple(Candidate(one.labels) for one in given)


def _candidate(alert: PlannedAlert, service: PlannedService, plan: Plan) -> Candidate:
    if alert.by is not None:
        values = _values(alert, alert.by, service)
        return Candidate(notified_labels(alert, plan.stack), frozenset({alert.by}), values)
    possible = _series_labels(alert, service.spec)
    selected = _selected(alert.expr) if possible or possible is None else ()
    return Candidate(notified_labels(alert, plan.stack), possible, selected)


def _values(alert: PlannedAlert, by: str, service: PlannedService) -> tuple[tuple[Matcher, ...], ...]:
    """Return a matcher of the values that the spec lists for an objective's label; empty where they are those found."""
    slo = next((one for one in service.slos if alert in one.alerts), None)
    split = slo.parameters.split if slo is not None else None
    if split is None or not split.values:
        return ()
    return ((Matcher(by, "=~", "|".join(map(re.escape, (*split.values, OTHER_VALUE)))),),)


def _series_labels(alert: PlannedAlert, service: Service) -> frozenset[str] | None:
    """Return the labels that only the alert's series decide; None where these may be any."""
    if alert.slo_kind is not None:
        return frozenset()
    if alert.preset is not None:
        return frozenset(PRESET_SHAPES[alert.preset].labels)
    try:
        return result_labels(user_promql.parse(alert.expr), Vocabulary(service), external=False)
    except Malformed:
        return None


def _selected(expr: str) -> tuple[tuple[Matcher, ...], ...]:
    """Return the matchers of each selector; empty where the labels of the result may have values of other sources."""
    if any(function in expr for function in _RELABELING):
        return ()
    try:
        tree = user_promql.parse(expr)
    except Malformed:
        return ()
    return tuple(tuple(Matcher(*one) for one in each.matchers) for each in user_promql.selectors(tree))
