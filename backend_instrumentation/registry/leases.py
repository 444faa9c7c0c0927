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


@dataclass(slots=True)
class RegistryEntry:
    """What a registry has under one name: the applications' collector, component families, or both merged."""

    collector: Collector | None
    users: int = 0
    merged: MergedFamily | None = None


_ENTRIES: Final[WeakKeyDictionary[CollectorRegistry, dict[str, RegistryEntry]]] = WeakKeyDictionary()
_LOCK = threading.RLock()


class CollectorLease:
    """One application's use of a registry's collectors; a refused collector stays usable but is not exposed.

    `conflicts` are the metrics that are not exposed, because their names are taken.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._names: list[str] = []
        self._refused: list[str] = []
        self.conflicts: list[str] = []
        self._entries = entries_of(registry)

    def families(self, families: Iterable[Family]) -> dict[str, ExposedFamily]:
        """Return a collector for each family; one warning line names those that are not exposed."""
        with lock():
            found = {family.name: self._family(family) for family in families}
        self._report()
        return found

    def other(self, name: str, make: Callable[[], Collector], *, metrics: Iterable[str]) -> None:
        """Register a collector of several metrics, once per registry."""
        with lock():
            entry = self._entries.get(name) or self._register(name, make)
            if entry is not None:
                self._take(name, entry)
            else:
                self.conflicts += metrics
        self._report()

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
                self._registry.unregister(entry.collector)
            return
        entry.merged.parts = tuple(part for part in entry.merged.parts if part is not entry.collector)
        entry.collector = None

    def _family(self, family: Family) -> ExposedFamily:
        entry = self._entries.get(family.name)
        if entry is None:
            made = ExposedFamily(family)
            entry = self._register(family.name, lambda: made)
            if entry is None:
                self.conflicts.append(family.name)
                return made
        elif entry.collector is None and entry.merged is not None:
            if entry.merged.parts[0].family.type != family.type:
                return self._unexposed(family)
            entry.collector = made = ExposedFamily(family)
            entry.merged.parts = (made, *entry.merged.parts)
        collector = entry.collector
        if not isinstance(collector, ExposedFamily) or not fits(collector.family, family):
            return self._unexposed(family)
        self._take(family.name, entry)
        return collector

    def _unexposed(self, family: Family) -> ExposedFamily:
        self._refused.append(f"{family.name}: another application of this process defines it otherwise")
        self.conflicts.append(family.name)
        return ExposedFamily(family)

    def _register(self, name: str, make: Callable[[], Collector]) -> RegistryEntry | None:
        try:
            collector = make()
            self._registry.register(collector)
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
            LOGGER.warning(
                "not exposed, because the name is taken: %s; rename the other metric, because rules and dashboards"
                " read it instead of ours",
                "; ".join(self._refused),
            )
            self._refused = []


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


def entries_of(registry: CollectorRegistry) -> dict[str, RegistryEntry]:
    """Return our entries in a registry, by name; the caller holds the lock while it uses them."""
    try:
        return _ENTRIES.setdefault(registry, {})
    except TypeError:  # a registry that cannot be hashed is not shared
        return {}


def fits(existing: Family, wanted: Family) -> bool:
    """Return whether one collector can serve both families."""
    return (existing.type, existing.labels, existing.buckets) == (wanted.type, wanted.labels, wanted.buckets)


def _fresh_lock() -> None:
    global _LOCK  # a lock that another thread held during the fork stays locked in the child
    _LOCK = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fresh_lock)
