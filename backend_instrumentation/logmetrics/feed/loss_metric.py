"""Exposes the losses as `instrumentation_errors_total{part}` wherever this process exposes metrics."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from .loss_counts import PARTS, listen
from .metrics_feed import INSTANCES, INSTRUMENTS

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ...registry.collectors import ExposedFamily


class LossCounter:
    """One counter by part, joined to the registries of applications and of the global metrics."""

    def __init__(self) -> None:
        self._joined: WeakSet[CollectorRegistry] = WeakSet()
        self._family: ExposedFamily | None = None
        self.exposed = False
        """Whether any registry has it."""

    def expose(self) -> None:
        """Join the registries that exist now; those that have it already are left alone."""
        for registry in _registries():
            if registry not in self._joined:
                self._join(registry)

    def _join(self, registry: CollectorRegistry) -> None:
        from ...registry.component_families import join

        first = self._family is None
        if self._family is None:
            self._family = _family()
        self.exposed = True
        self._joined.add(registry)
        join(registry, [self._family])
        if first:
            listen(self._count)

    def _count(self, part: str, count: int) -> None:
        self.expose()
        instrument: Any = self._family and self._family.instrument
        instrument.labels(part).inc(count)


def _family() -> ExposedFamily:
    from ...contract import INSTRUMENTATION_ERRORS, Family
    from ...registry.collectors import ExposedFamily

    return ExposedFamily(
        Family(INSTRUMENTATION_ERRORS, "counter", "", ("part",),
               "Failures inside the instrumentation itself; the service was not harmed.", "http",
               allowed=(("part", PARTS),))
    )  # fmt: skip


def _registries() -> list[CollectorRegistry]:
    found: list[CollectorRegistry] = []
    instruments, instances = sys.modules.get(INSTRUMENTS), sys.modules.get(INSTANCES)
    if instruments is not None:
        found += [each.registry for each in instruments.open_instruments()]
    if instances is not None:
        found += [each.exposed_in for each in instances.instances().values() if each.exposed_in is not None]
    return found


LOSS_COUNTER = LossCounter()
