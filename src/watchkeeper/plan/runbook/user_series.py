"""The series that a team's own query reads, each as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from watchkeeper import promql_tree
from watchkeeper.exposed.series_labels import family_of
from watchkeeper.model.service import Matcher, Service
from watchkeeper.plan.runbook.counted import labels_of
from watchkeeper.plan.service_matcher import IsExternal, external_names, restricted

_COUNTERS = ("_total", "_count", "_sum", "_bucket")
_MOST = 10


@dataclass(frozen=True, slots=True)
class UserSeries:
    """One selector of a query; `labels` are those of its metric, as far as anybody declares them."""

    name: str
    labels: tuple[str, ...]
    node: Any
    own: tuple[Matcher, ...]
    is_external: IsExternal

    @property
    def shown_labels(self) -> str:
        """Return the labels as words."""
        return " and ".join(self.labels).replace("_", " ") or "all labels"

    def now(self, window: str) -> str:
        """Return PromQL for its values, those of counters a second over `window`."""
        value = self._value(window)
        if not self.labels:
            return f"topk({_MOST}, {value})"
        return f"topk({_MOST}, sum by ({', '.join(self.labels)}) ({value}))"

    def by_instance(self, window: str) -> str:
        """Return PromQL for its values by instance."""
        return f"sum by (instance) ({self._value(window)})"

    def _value(self, window: str) -> str:
        is_counter = self.name.endswith(_COUNTERS)
        text = restricted(self.node, self.own, self.is_external, window=window if is_counter else None)
        return f"rate({text})" if is_counter else text


def series_of(query: str, service: Service, *, external: bool) -> Iterator[UserSeries]:
    """Yield the selectors of a query in the order of their names, each once, at most three."""
    is_external = external_names(service, external=external)
    declared = {metric.name: metric for metric in service.metrics}
    found: dict[str, UserSeries] = {}
    for node in promql_tree.selectors(promql_tree.parse(query)):
        name = promql_tree.metric_name(node)
        family = family_of(name) if family_of(name) in declared else name
        labels = labels_of(family, declared.get(family), service) or labels_of(family_of(name), None, service)
        one = UserSeries(name or "the series", labels, node, service.own, is_external)
        found.setdefault(one.now("5m"), one)
    yield from (found[text] for text in sorted(found)[:3])
