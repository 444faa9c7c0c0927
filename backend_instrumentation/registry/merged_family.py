"""Shows the same family of several owners as one: a page must not describe a name twice."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from .collectors import ExposedFamily, OwnFamily


class Union(Collector):
    """Collects its parts as one family; the parts of one type. Samples of the same labels are added up."""

    def __init__(self, parts: Iterable[ExposedFamily]) -> None:
        self.parts: tuple[ExposedFamily, ...] = tuple(parts)

    def describe(self) -> Iterable[Metric]:
        return self.parts[0].describe()

    def collect(self) -> Iterable[Metric]:
        metrics = [metric for part in self.parts for metric in _samples_of(part)]
        if metrics:
            whole = metrics[0]
            whole.samples = _added(sample for metric in metrics for sample in metric.samples)
            yield whole


def _samples_of(part: ExposedFamily) -> Iterable[Metric]:
    for metric in part.collect():
        # For the renderer a family stands for itself; in a union it has to show its samples.
        yield from metric.exposed.metrics() if isinstance(metric, OwnFamily) else (metric,)


def _added(samples: Iterable[Sample]) -> list[Sample]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Sample] = {}
    for sample in samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        known = found.get(key)
        found[key] = sample if known is None else known._replace(value=known.value + sample.value)
    return list(found.values())
