"""Keeps one collector per family and registry, shared by the applications of a process that use it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.registry import Collector

from ..contract import HTTP_REQUESTS, Family
from ..guard import LOGGER
from .collectors import ExposedFamily
from .merged_family import MergedFamily
from .own_collectors import OwnCollectors, plain_name, replaced, taken


@dataclass(slots=True)
class RegistryEntry:
    """What a registry has under one name: the applications' collector, component families, or both merged."""

    collector: Collector | None
    users: int = 0
    merged: MergedFamily | None = None


class Entries(dict[str, RegistryEntry]):
    """Our entries in one registry, by name, the collector that exposes them, and the conflicts that were logged."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__()
        self.told: set[str] = set()
        self.exposed = OwnCollectors(registry)


_ENTRIES: Final[WeakKeyDictionary[CollectorRegistry, Entries]] = WeakKeyDictionary()
_LOCK = threading.RLock()


class CollectorLease:
    """One application's use of a registry's collectors; a refused collector stays usable but is not exposed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._names: list[str] = []
        self._refused: list[str] = []
        self._unexposed: list[str] = []
        self._shown: list[Family] = []
        self._entries = entries_of(registry)

    def families(self, families: Iterable[Family]) -> dict[str, ExposedFamily]:
        """Return a collector for each family; one warning line names those that are not exposed."""
        with lock():
            found = {family.name: self._family(family) for family in families}
        self._report()
        return found

    def other(self, name: str, make: Callable[[], Collector], *, families: Iterable[Family]) -> None:
        """Register a collector of several families, once per registry."""
        with lock():
            entry = self._entries.get(name) or self._register(name, make)
            if entry is not None:
                self._take(name, entry)
                self._shown += families
            else:
                self._unexposed += [family.name for family in families]
        self._report()

    def conflicts(self) -> list[str]:
        """Return the metrics that are not exposed, because their names are taken now."""
        later = [family.name for family in self._shown if replaced(self._registry, family)]
        return [*self._unexposed, *later]

    def tell(self, conflicts: Iterable[str]) -> None:
        """Log one warning about those of the metrics that were not logged for this registry yet."""
        told = self._entries.told
        new = [name for name in conflicts if name not in told and name not in self._unexposed]
        told.update(new)
        if new:
            _warn(f"{name}: the application has a metric of that name" for name in new)

    def release(self) -> None:
        """End this use; a collector without further users is removed from the registry."""
        with lock():
            names, self._names = self._names, []
            for name in names:
                entry = self._entries[name]
                entry.users -= 1
                if entry.users == 0:
                    self._remove(name, entry)

    def _remove(self, name: str, entry: RegistryEntry) -> None:
        if entry.merged is None:
            del self._entries[name]
            if entry.collector is not None:
                self._entries.exposed.remove(entry.collector)
            return
        entry.merged.parts = tuple(part for part in entry.merged.parts if part is not entry.collector)
        entry.collector = None

    def _family(self, family: Family) -> ExposedFamily:
        entry = self._entries.get(family.name)
        if entry is None:
            made = ExposedFamily(family)
            entry = self._register(family.name, lambda: made)
            if entry is None:
                self._unexposed.append(family.name)
                return made
        elif entry.collector is None and entry.merged is not None:
            if entry.merged.parts[0].family.type != family.type:
                return self._refuse(family)
            entry.collector = made = ExposedFamily(family)
            entry.merged.parts = (made, *entry.merged.parts)
        collector = entry.collector
        if not isinstance(collector, ExposedFamily) or not fits(collector.family, family):
            return self._refuse(family)
        self._take(family.name, entry)
        self._shown.append(family)
        return collector

    def _refuse(self, family: Family) -> ExposedFamily:
        self._refused.append(f"{family.name}: another application of this process defines it otherwise")
        self._unexposed.append(family.name)
        return ExposedFamily(family)

    def _register(self, name: str, make: Callable[[], Collector]) -> RegistryEntry | None:
        try:
            collector = make()
            self._entries.exposed.add(collector)
        except Exception as error:
            self._refused.append(f"{name}: {error}")
            return None
        entry = self._entries[name] = RegistryEntry(collector)
        return entry

    def _take(self, name: str, entry: RegistryEntry) -> None:
        entry.users += 1
        self._names.append(name)

    def _report(self) -> None:
        if self._refused:
            _warn(self._refused)
            self._refused = []


def _warn(reasons: Iterable[str]) -> None:
    LOGGER.warning(
        "not exposed, because the name is taken: %s; rename the other metric, because rules and dashboards"
        " read it instead of ours",
        "; ".join(reasons),
    )


def lock() -> threading.RLock:
    """Return the lock that guards the entries of all registries."""
    return _LOCK


def serving() -> CollectorRegistry | None:
    """Return the registry that an instrumented application serves: the default one, else the newest, or None."""
    with lock():
        found = [
            each
            for each, entries in _ENTRIES.items()
            if HTTP_REQUESTS in entries and entries[HTTP_REQUESTS].users
        ]
    return REGISTRY if REGISTRY in found else next(reversed(found), None)


def entries_of(registry: CollectorRegistry) -> Entries:
    """Return our entries in a registry, by name; the caller holds the lock while it uses them."""
    try:
        return _ENTRIES.setdefault(registry, Entries(registry))
    except TypeError:  # a registry that cannot be hashed is not shared
        return Entries(registry)


def hidden(registry: CollectorRegistry) -> dict[str, str]:
    """Return name, as prometheus-client writes it, and help of our families whose names something else has."""
    with lock():
        found = [entry.collector for entry in entries_of(registry).values()]
    families = [each.family for each in found if isinstance(each, ExposedFamily)]
    return {plain_name(each): each.help for each in families if taken(registry, each)}


def fits(existing: Family, wanted: Family) -> bool:
    """Return whether one collector can serve both families."""
    return (existing.type, existing.labels, existing.buckets) == (wanted.type, wanted.labels, wanted.buckets)


def _fresh_lock() -> None:
    global _LOCK  # a lock that another thread held during the fork stays locked in the child
    _LOCK = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fresh_lock)
