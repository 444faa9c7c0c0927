"""The user's own proof of an expression: series under which it must fire, and series under which it must stay silent."""

from __future__ import annotations

import re

from watchkeeper import promql_tree
from watchkeeper.emit import promql
from watchkeeper.model.alert import Alert, ProofSeries
from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Aspect
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.proofs.series.chosen_labels import assumed_of
from watchkeeper.plan.service_matcher import external_names, missing

_INTERVAL = 60  # seconds between two samples of a user's proof
_REPEATED = re.compile(r"(.*)x([0-9]+)")


def user_scenarios(
    alert: Alert, planned: PlannedAlert, service: Service, stack: Stack
) -> tuple[AlertScenario, ...]:
    """Return the two scenarios of an expression's proof; none where the user wrote none."""
    if alert.proof is None:
        return ()
    step = max(1, int(stack.evaluation_interval.seconds))
    found, assumed = [], _assumed(alert, service)
    scenarios: tuple[tuple[str, tuple[ProofSeries, ...], Aspect], ...] = (
        ("series of its own proof, under which it must fire", alert.proof.fires, "fires"),
        ("series of its own proof, under which it must stay silent", alert.proof.silent, "silent"),
    )
    for title, given, aspect in scenarios:
        last = max(sample_count(one.values) - 1 for one in given) * _INTERVAL
        at = last // step * step
        series = tuple((_placed(one.series, alert, service), one.values) for one in given)
        check = AlertCheck(at, planned.name, firing=aspect == "fires", aspect=aspect)
        found.append(AlertScenario(planned.name, title, _INTERVAL, series, (check,), None, assumed))
    return tuple(found)


def _assumed(alert: Alert, service: Service) -> tuple[str, ...]:
    """Return what the user's series show of labels whose values nobody declares."""
    is_external = external_names(service, external=alert.external)
    nodes = list(promql_tree.selectors(promql_tree.parse(alert.expr or "")))
    found = [assumed_of(node, service, external=is_external(promql_tree.metric_name(node))) for node in nodes]
    return tuple(sorted({text for texts in found for text in texts}))


def sample_count(values: str) -> int:
    """Return how many samples promtool makes of a text such as `0+1x60 _x3 stale`."""
    count = 0
    for word in values.split():
        match = _REPEATED.fullmatch(word)
        times = int(match[2]) if match else 1
        count += times if match is None or match[1] == "_" else times + 1
    return count


def _placed(series: str, alert: Alert, service: Service) -> str:
    """Return the series with the service's own labels, which the rule's selectors match."""
    node = promql_tree.parse(series)
    name, matchers = promql_tree.metric_name(node), promql_tree.matchers(node)
    is_external = external_names(service, external=alert.external)
    labels = [m for m in matchers if m[0] != "__name__"]
    if not is_external(name):
        labels += missing(service.own, matchers)
    return promql.selector(name, labels)
