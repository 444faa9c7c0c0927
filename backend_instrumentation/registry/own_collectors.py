"""Exposes our families in a registry without taking their names: an application may register the same ones later.

prometheus-client refuses a name that is taken, in the line of the one who comes second. So a registry has one
collector of ours, which describes no names. While something else has a name, that one is shown and ours is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from weakref import ref

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ..contract import Family
from .collectors import WholeFamily

_SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "counter": ("_total", "_created"),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "summary": ("_sum", "_count", "_created"),
}


class OwnCollectors(Collector):
    """What one registry exposes of ours; the caller holds the lock of the leases for `add` and `remove`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = ref(registry)
        self._parts: tuple[Collector, ...] = ()

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: no name is taken."""
        return ()

    def add(self, collector: Collector) -> None:
        """Expose a collector; raises what the registry raises."""
        registry = self._registry()
        if not self._parts and registry is not None:
            registry.register(self)
            # With it, the pages of others can be asked for single names of ours.
            nameless: Any = getattr(registry, "_collectors_without_names", None)
            if isinstance(nameless, list) and self not in nameless:
                nameless.append(self)
        self._parts = (*self._parts, collector)

    def remove(self, collector: Collector) -> None:
        """Expose the collector no longer; raises what the registry raises."""
        self._parts = tuple(each for each in self._parts if each is not collector)
        registry = self._registry()
        if not self._parts and registry is not None:
            registry.unregister(self)

    def collect(self) -> Iterator[Metric]:
        for part in self._parts:
            for metric in part.collect():
                if not self._hides(metric):
                    yield metric

    def _hides(self, metric: Metric) -> bool:
        registry = self._registry()
        if registry is None:
            return False
        if isinstance(metric, WholeFamily):
            return taken(registry, metric.exposed.family)
        return any(name in _taken_names(registry) for name in _names(metric.name, metric.type))


def taken(registry: CollectorRegistry, family: Family) -> bool:
    """Return whether something else has a name of the family in the registry."""
    others = _taken_names(registry)
    return any(each in others for each in _names(plain_name(family), family.type))


def plain_name(family: Family) -> str:
    """Return the family's name as prometheus-client has it: that of a counter has no `_total`."""
    return family.name.removesuffix("_total") if family.type == "counter" else family.name


def replaced(registry: CollectorRegistry, family: Family) -> bool:
    """Return whether something else has a name of the family, and it is not what we would show ourselves."""
    if not taken(registry, family):
        return False
    return family.origin == "package" or not isinstance(
        _taken_names(registry).get(family.name), ProcessCollector
    )


def _taken_names(registry: CollectorRegistry) -> Mapping[str, object]:
    names = getattr(registry, "_names_to_collectors", None)
    return names if isinstance(names, dict) else {}


@lru_cache(maxsize=4096)
def _names(name: str, kind: str) -> tuple[str, ...]:
    return (name, *(name + suffix for suffix in _SUFFIXES.get(kind, ())))
