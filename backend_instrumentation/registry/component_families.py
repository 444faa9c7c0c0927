"""Shows the families of components, which carry the label `component`, beside an application's own.

A guest stands in the registry under the name that the application may use too: both are one union there.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from ..contract import Family
from ..guard import LOGGER
from .collectors import ExposedFamily
from .leases import Held, fits, held_in, lock
from .merged_family import Union


def join(registry: CollectorRegistry, guests: Iterable[ExposedFamily]) -> None:
    """Show the guests in the registry; one warning line names those that it refused."""
    refused: list[str] = []
    with lock():
        held = held_in(registry)
        for guest in guests:
            try:
                _join(registry, held, guest)
            except Exception as error:  # noqa: PERF203 - one refused family must not take the others along
                refused.append(f"{guest.family.name}: {error}")
    if refused:
        LOGGER.warning("not exposed, because the registry refused it: %s", "; ".join(refused))


def leave(registry: CollectorRegistry, guests: Iterable[ExposedFamily]) -> None:
    """Take the guests off the registry; safe for guests that are not there."""
    with lock():
        held = held_in(registry)
        for guest in guests:
            name = guest.family.name
            if name in held and held[name].union is not None:
                _leave(registry, held, guest)


def _join(registry: CollectorRegistry, held: dict[str, Held], guest: ExposedFamily) -> None:
    name = guest.family.name
    known = held.get(name)
    if known is None:
        union = Union([guest])
        registry.register(union)
        held[name] = Held(None, union=union)
        return
    host = known.collector
    parts = known.union.parts if known.union is not None else ()
    if any(part is guest for part in parts):
        return
    for part in (*parts, *([host] if isinstance(host, ExposedFamily) else [])):
        if part.family.type != guest.family.type or _same_rows_otherwise(part.family, guest.family):
            raise ValueError("another component defines it otherwise")
    if known.union is None:
        if not isinstance(host, ExposedFamily):
            raise ValueError("the name is taken")
        registry.unregister(host)
        known.union = Union([host])
        registry.register(known.union)
    known.union.parts = (*known.union.parts, guest)


def _leave(registry: CollectorRegistry, held: dict[str, Held], guest: ExposedFamily) -> None:
    known = held[guest.family.name]
    if known.union is None:
        return
    left = tuple(part for part in known.union.parts if part is not guest)
    if left == known.union.parts:
        return
    if left and left != (known.collector,):
        known.union.parts = left
        return
    registry.unregister(known.union)
    known.union = None
    if known.collector is None:
        del held[guest.family.name]
    else:
        registry.register(known.collector)


def _same_rows_otherwise(one: Family, other: Family) -> bool:
    # Buckets of one component cannot be added up with others of the same component.
    same = dict(one.allowed).get("component") == dict(other.allowed).get("component")
    return same and not fits(one, other)
