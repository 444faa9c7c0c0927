"""The service's metrics, made from the contract and from the families that the service declares."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, cast
from weakref import ref

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ..config.settings import Settings, load
from ..config.source import read
from ..contract import HTTP_REQUESTS, INSTRUMENTATION_ERRORS, METRIC_CONFLICTS, UNMERGED_WORKERS, Family
from ..guard import LOGGER, Guard
from ..multiprocess.shared_values import prepare
from ..multiprocess.unmerged_workers import UnmergedWorkers
from ..process.machine import COLLECTED, OURS, SystemCollector, process_collector
from ..recording.hooks import Hooks
from ..registry.collectors import Absent, Instrument
from ..registry.leases import CollectorLease
from . import TypedPacks


class Instruments(TypedPacks, Collector):
    """The typed metrics of a service, by exposed name.

    A name that is not enabled gives a metric that accepts every call and does nothing, with one warning:
    a service must not fail because its configuration is missing.
    """

    def __init__(
        self, settings: Settings | None = None, *, registry: CollectorRegistry | None = None
    ) -> None:
        self.settings = load() if settings is None else settings
        self.registry = REGISTRY if registry is None else registry
        prepare()
        self.closed = False
        self.hooks = Hooks()
        self._missed: set[str] = set()
        self._lease = CollectorLease(self.registry)
        self._families = self._lease.families(f for f in self.settings.families if _is_instrument(f))
        if any(family.pack == "system" for family in self.settings.families):
            self._lease.other("the readings of the machine", SystemCollector, families=OURS)
            process = partial(process_collector, self.registry)
            self._lease.other("the readings of the process", process, families=COLLECTED)
        errors = self.counter(INSTRUMENTATION_ERRORS) if INSTRUMENTATION_ERRORS in self else Absent()
        self.guard = Guard(errors.inc)
        self._watch()
        self.packs: Final = frozenset(family.pack for family in self.settings.families)
        # No thread sees a list that is being changed.
        _OPEN[:] = [*(each for each in _OPEN if each() is not None), ref(self)]
        self._errors = errors
        self._conflicts: frozenset[str] = frozenset()
        self._show_conflicts()

    @classmethod
    def from_spec(
        cls,
        spec: str | os.PathLike[str] | Mapping[str, object] | Settings | None = None,
        *,
        registry: CollectorRegistry | None = None,
    ) -> Instruments:
        """Return the metrics that a spec enables, with its packs as typed attributes; never raises.

        `spec` is the path of an `instrumentation.json`, its decoded content, or None for the file that
        `instrument()` would find. An entry that cannot be used is left out with one warning line.
        """
        return cls(read(spec), registry=registry)

    def counter(self, name: str) -> Counter:
        """Return the counter of that name."""
        return cast("Counter", self._typed(name, Counter))

    def gauge(self, name: str) -> Gauge:
        """Return the gauge of that name."""
        return cast("Gauge", self._typed(name, Gauge))

    def histogram(self, name: str) -> Histogram:
        """Return the histogram of that name."""
        return cast("Histogram", self._typed(name, Histogram))

    def __getitem__(self, name: str) -> Instrument:
        return self._typed(name, Counter, Gauge, Histogram)

    def __contains__(self, name: object) -> bool:
        return name in self._families

    def before_collect(self, hook: Callable[[], None], name: str = HTTP_REQUESTS) -> None:
        """Call the bound method before each collection of that family, as long as its object lives."""
        if name in self._families:
            self._families[name].before_collect(hook)

    def collect(self) -> Iterable[Metric]:
        """Yield the service's own families, without asking the registry."""
        for exposed in self._families.values():
            yield from exposed.collect()

    def close(self) -> None:
        """Stop counting; the families leave the registry unless another application uses them."""
        if not self.closed:
            self.closed = True
            try:
                self._lease.release()
            except Exception:
                self.guard.note("leaving the registry")

    def _show_conflicts(self) -> None:
        """Count and show each metric whose name is taken: rules would read the other one without a sign of it."""
        try:
            found = frozenset(self._lease.conflicts())
            new, free, self._conflicts = found - self._conflicts, self._conflicts - found, found
            shown = self.gauge(METRIC_CONFLICTS) if METRIC_CONFLICTS in self else Absent()
            for name in sorted(new):
                self._errors.inc()
                shown.labels(name).set(1)
            for name in free:
                shown.labels(name).set(0)
            self._lease.tell(sorted(new))
        except Exception:
            self.guard.note("showing the metrics whose names are taken")

    def _watch(self) -> None:
        try:
            if UNMERGED_WORKERS in self:
                self._workers = UnmergedWorkers(self.gauge(UNMERGED_WORKERS), self.guard)
                self.before_collect(self._workers.report, UNMERGED_WORKERS)
            self.before_collect(self._show_conflicts, METRIC_CONFLICTS)
        except Exception:
            self.guard.note("watching workers and names")

    def _typed(self, name: str, *kinds: type[Instrument]) -> Instrument:
        exposed = self._families.get(name)
        if exposed is not None and isinstance(exposed.instrument, kinds):
            return exposed.instrument
        if name not in self._missed:
            self._missed.add(name)
            wanted = " or ".join(kind.__name__.lower() for kind in kinds)
            LOGGER.warning("no %s named %s is enabled or declared; it records nothing", wanted, name)
        return cast("Instrument", Absent())


_OPEN: Final[list[ref[Instruments]]] = []


def open_instruments() -> list[Instruments]:
    """Return the metrics of this process that are not closed, newest first."""
    found = (reference() for reference in reversed(_OPEN.copy()))
    return [each for each in found if each is not None and not each.closed]


def newest(pack: str) -> Instruments | None:
    """Return the newest metrics that enable the pack and are not closed, or None."""
    return next((each for each in open_instruments() if pack in each.packs), None)


def _is_instrument(family: Family) -> bool:
    # The system pack is read at each scrape; the service sets none of it.
    return family.pack != "system"
