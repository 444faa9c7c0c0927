"""The selectors of exposed series that a service's rules read, each once, with the objectives and alerts that need it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper import naming, promql_tree
from watchkeeper.emit.promql import selector
from watchkeeper.model.service import Matcher
from watchkeeper.plan.plan import PlannedService

_OF_RULES = ("ALERTS", "ALERTS_FOR_STATE")


@dataclass(frozen=True, slots=True)
class NeededSeries:
    """One selector; `further` are its matchers besides those of the service. Series of others have only such."""

    metric: str
    own: tuple[Matcher, ...]
    further: tuple[Matcher, ...]
    used_by: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the selector as PromQL."""
        return selector(self.metric, (*self.own, *self.further))

    @property
    def of_service(self) -> str:
        """Return the selector without the matchers that are not the service's."""
        return selector(self.metric, self.own)


def needed_series(service: PlannedService) -> tuple[NeededSeries, ...]:
    """Return the selectors of all rules of a service; those of objectives first."""
    found: dict[tuple[str, tuple[Matcher, ...], tuple[Matcher, ...]], dict[str, None]] = {}
    for who, expr in _expressions(service):
        for node in promql_tree.selectors(promql_tree.parse(expr)):
            metric = promql_tree.metric_name(node)
            if metric and ":" not in metric and metric not in _OF_RULES:
                found.setdefault((metric, *_parts(node, service.spec.own)), {})[who] = None
    return tuple(NeededSeries(*key, tuple(who)) for key, who in found.items())


def _parts(node: object, own: tuple[Matcher, ...]) -> tuple[tuple[Matcher, ...], tuple[Matcher, ...]]:
    matchers = [one for one in promql_tree.matchers(node) if one[0] != "__name__"]
    if not set(own) <= set(matchers):
        return (), tuple(matchers)
    return own, tuple(one for one in matchers if one not in own)


def _expressions(service: PlannedService) -> Iterator[tuple[str, str]]:
    for slo in service.slos:
        for rule in slo.live_rules:
            # All others read what these two have recorded.
            if rule.record in (naming.TOTAL_BASE, naming.BAD_BASE):
                yield slo.name, rule.expr
        for alert in slo.alerts:
            yield slo.name, alert.expr
    for alert in service.alerts:
        yield alert.name, alert.expr
