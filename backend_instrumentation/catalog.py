"""Keeps one collector of each family a registry, shared by the applications of a process that use it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from .collectors import ExposedFamily
from .contract import Family
from .guard import LOGGER


@dataclass(slots=True)
class _Held:
    collector: Collector
    users: int = 0


_HELD: Final[WeakKeyDictionary[CollectorRegistry, dict[str, _Held]]] = WeakKeyDictionary()
_LOCK: Final = threading.RLock()


class Lease:
    """One user's share of a registry's collectors; what the registry refuses stays usable, unexposed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._names: list[str] = []
        self._refused: list[str] = []
        try:
            self._held = _HELD.setdefault(registry, {})
        except TypeError:  # a registry that cannot be hashed is shared with nobody
            self._held = {}

    def families(self, families: Iterable[Family]) -> dict[str, ExposedFamily]:
        """Return a collector for each family; one warning line names those that are not exposed."""
        with _LOCK:
            found = {family.name: self._family(family) for family in families}
        self._report()
        return found

    def other(self, name: str, make: Callable[[], Collector]) -> None:
        """Register a collector that is not one family, once a registry."""
        with _LOCK:
            held = self._held.get(name) or self._register(name, make)
            if held is not None:
                self._take(name, held)
        self._report()

    def release(self) -> None:
        """Give back this share; a collector without further users leaves the registry."""
        with _LOCK:
            names, self._names = self._names, []
            for name in names:
                held = self._held[name]
                held.users -= 1
                if held.users == 0:
                    del self._held[name]
                    self._registry.unregister(held.collector)

    def _family(self, family: Family) -> ExposedFamily:
        held = self._held.get(family.name)
        if held is None:
            made = ExposedFamily(family)
            held = self._register(family.name, lambda: made)
            if held is None:
                return made
        collector = held.collector
        if not isinstance(collector, ExposedFamily) or not _fits(collector.family, family):
            self._refused.append(f"{family.name}: another application of this process defines it otherwise")
            return ExposedFamily(family)
        self._take(family.name, held)
        return collector

    def _register(self, name: str, make: Callable[[], Collector]) -> _Held | None:
        try:
            collector = make()
            self._registry.register(collector)
        except Exception as error:
            self._refused.append(f"{name}: {error}")
            return None
        held = self._held[name] = _Held(collector)
        return held

    def _take(self, name: str, held: _Held) -> None:
        held.users += 1
        self._names.append(name)

    def _report(self) -> None:
        if self._refused:
            LOGGER.warning("not exposed, because the registry refused it: %s", "; ".join(self._refused))
            self._refused = []


def _fits(held: Family, wanted: Family) -> bool:
    return (held.type, held.labels, held.buckets) == (wanted.type, wanted.labels, wanted.buckets)
