"""Keeps one collector of each family a registry, shared by the applications of a process that use it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.registry import Collector

from ..contract import Family
from ..guard import LOGGER
from .collectors import ExposedFamily
from .merged_family import Union

_SERVED: Final = "http_requests_total"


@dataclass(slots=True)
class Held:
    """What a registry holds under one name: the users' collector, guests, or the union of both."""

    collector: Collector | None
    users: int = 0
    union: Union | None = None


_HELD: Final[WeakKeyDictionary[CollectorRegistry, dict[str, Held]]] = WeakKeyDictionary()
_LOCK = threading.RLock()


class Lease:
    """One user's share of a registry's collectors; what the registry refuses stays usable, unexposed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._names: list[str] = []
        self._refused: list[str] = []
        self._held = held_in(registry)

    def families(self, families: Iterable[Family]) -> dict[str, ExposedFamily]:
        """Return a collector for each family; one warning line names those that are not exposed."""
        with lock():
            found = {family.name: self._family(family) for family in families}
        self._report()
        return found

    def other(self, name: str, make: Callable[[], Collector]) -> None:
        """Register a collector that is not one family, once a registry."""
        with lock():
            held = self._held.get(name) or self._register(name, make)
            if held is not None:
                self._take(name, held)
        self._report()

    def release(self) -> None:
        """Give back this share; a collector without further users leaves the registry."""
        with lock():
            names, self._names = self._names, []
            for name in names:
                held = self._held[name]
                held.users -= 1
                if held.users == 0:
                    self._retire(name, held)

    def _retire(self, name: str, held: Held) -> None:
        if held.union is None:
            del self._held[name]
            if held.collector is not None:
                self._registry.unregister(held.collector)
            return
        held.union.parts = tuple(part for part in held.union.parts if part is not held.collector)
        held.collector = None

    def _family(self, family: Family) -> ExposedFamily:
        held = self._held.get(family.name)
        if held is None:
            made = ExposedFamily(family)
            held = self._register(family.name, lambda: made)
            if held is None:
                return made
        elif held.collector is None and held.union is not None:
            if held.union.parts[0].family.type != family.type:
                return self._unexposed(family)
            held.collector = made = ExposedFamily(family)
            held.union.parts = (made, *held.union.parts)
        collector = held.collector
        if not isinstance(collector, ExposedFamily) or not fits(collector.family, family):
            return self._unexposed(family)
        self._take(family.name, held)
        return collector

    def _unexposed(self, family: Family) -> ExposedFamily:
        self._refused.append(f"{family.name}: another application of this process defines it otherwise")
        return ExposedFamily(family)

    def _register(self, name: str, make: Callable[[], Collector]) -> Held | None:
        try:
            collector = make()
            self._registry.register(collector)
        except Exception as error:
            self._refused.append(f"{name}: {error}")
            return None
        held = self._held[name] = Held(collector)
        return held

    def _take(self, name: str, held: Held) -> None:
        held.users += 1
        self._names.append(name)

    def _report(self) -> None:
        if self._refused:
            LOGGER.warning("not exposed, because the registry refused it: %s", "; ".join(self._refused))
            self._refused = []


def lock() -> threading.RLock:
    """Return the lock that guards what the registries hold."""
    return _LOCK


def serving() -> CollectorRegistry | None:
    """Return the registry that an instrumented application serves: the default one, else the newest, or None."""
    with lock():
        found = [each for each, held in _HELD.items() if _SERVED in held and held[_SERVED].users]
    return REGISTRY if REGISTRY in found else next(reversed(found), None)


def held_in(registry: CollectorRegistry) -> dict[str, Held]:
    """Return what a registry holds of ours, by name; call it, and use the result, under the lock."""
    try:
        return _HELD.setdefault(registry, {})
    except TypeError:  # a registry that cannot be hashed is shared with nobody
        return {}


def fits(held: Family, wanted: Family) -> bool:
    """Tell whether one collector can serve both families."""
    return (held.type, held.labels, held.buckets) == (wanted.type, wanted.labels, wanted.buckets)


def _fresh_lock() -> None:
    global _LOCK  # one that another thread held during a fork stays locked in the child
    _LOCK = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fresh_lock)
