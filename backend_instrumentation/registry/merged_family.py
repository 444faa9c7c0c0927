"""Exposes one family of several owners as one: a page must not describe a name twice."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from .collectors import ExposedFamily, WholeFamily


class MergedFamily(Collector):
    """Collects its parts, all of one type, as one family. Samples with equal labels are summed."""

    def __init__(self, parts: Iterable[ExposedFamily]) -> None:
        self.parts: tuple[ExposedFamily, ...] = tuple(parts)

    def describe(self) -> Iterable[Metric]:
        return self.parts[0].describe()

    def collect(self) -> Iterable[Metric]:
        metrics = [metric for part in self.parts for metric in _samples_of(part)]
        if metrics:
            whole = metrics[0]
            whole.samples = _summed(sample for metric in metrics for sample in metric.samples)
            yield whole


def _samples_of(part: ExposedFamily) -> Iterable[Metric]:
    for metric in part.collect():
        # The renderer writes a WholeFamily itself; a merged family needs its samples.
        yield from metric.exposed.metrics() if isinstance(metric, WholeFamily) else (metric,)


def _summed(samples: Iterable[Sample]) -> list[Sample]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Sample] = {}
    for sample in samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        known = found.get(key)
        found[key] = sample if known is None else known._replace(value=known.value + sample.value)
    return list(found.values())
