"""Exposes the families of components, which carry the label `component`, together with an application's own.

A component's family may have the name of an application's family: the registry then has one merged family.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from ..contract import Family
from ..guard import LOGGER
from .collectors import ExposedFamily
from .leases import Entries, RegistryEntry, entries_of, fits, lock
from .merged_family import MergedFamily
from .own_collectors import taken


def join(registry: CollectorRegistry, families: Iterable[ExposedFamily]) -> None:
    """Expose a component's families in the registry; one warning line names those that it refused."""
    refused: list[str] = []
    with lock():
        entries = entries_of(registry)
        for exposed in families:
            try:
                if taken(registry, exposed.family):
                    raise ValueError("the name is taken")
                _join(entries, exposed)
            except Exception as error:  # noqa: PERF203 - one refused family must not affect the others
                refused.append(f"{exposed.family.name}: {error}")
    if refused:
        LOGGER.warning("not exposed, because the registry refused it: %s", "; ".join(refused))


def leave(registry: CollectorRegistry, families: Iterable[ExposedFamily]) -> None:
    """Remove a component's families from the registry; families that are not there are ignored."""
    with lock():
        entries = entries_of(registry)
        for exposed in families:
            name = exposed.family.name
            if name in entries and entries[name].merged is not None:
                _leave(entries, exposed)


def _join(entries: Entries, exposed: ExposedFamily) -> None:
    name = exposed.family.name
    entry = entries.get(name)
    if entry is None:
        merged = MergedFamily([exposed])
        entries.exposed.add(merged)
        entries[name] = RegistryEntry(None, merged=merged)
        return
    own = entry.collector
    parts = entry.merged.parts if entry.merged is not None else ()
    if any(part is exposed for part in parts):
        return
    for part in (*parts, *([own] if isinstance(own, ExposedFamily) else [])):
        if part.family.type != exposed.family.type or _conflicts(part.family, exposed.family):
            raise ValueError("another component defines it otherwise")
    if entry.merged is None:
        if not isinstance(own, ExposedFamily):
            raise ValueError("the name is taken")
        entry.merged = MergedFamily([own])
        entries.exposed.add(entry.merged)
        entries.exposed.remove(own)
    entry.merged.parts = (*entry.merged.parts, exposed)


def _leave(entries: Entries, exposed: ExposedFamily) -> None:
    entry = entries[exposed.family.name]
    if entry.merged is None:
        return
    remaining = tuple(part for part in entry.merged.parts if part is not exposed)
    if remaining == entry.merged.parts:
        return
    if remaining and remaining != (entry.collector,):
        entry.merged.parts = remaining
        return
    if entry.collector is None:
        del entries[exposed.family.name]
    else:
        entries.exposed.add(entry.collector)
    entries.exposed.remove(entry.merged)
    entry.merged = None


def _conflicts(one: Family, other: Family) -> bool:
    # Buckets of one owner cannot be added to different buckets of the same owner.
    return _owner(one) == _owner(other) and not fits(one, other)


def _owner(family: Family) -> tuple[tuple[str, ...] | None, bool]:
    # A family with the label `part` counts for parts of the package itself.
    return dict(family.allowed).get("component"), "part" in family.labels
