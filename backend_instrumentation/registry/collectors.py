"""Makes prometheus-client collectors from families, exposed without `_created` samples and unset gauges."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal
from weakref import WeakMethod

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ..contract import Family, initial_rows
from ..multiprocess.shared_values import folder

_HIGHEST_OF_WORKERS: Final = (
    "_timestamp_seconds",
    "health_state",
    "_consecutive_failures",
    "_metric_conflicts",
)
"""Endings of the gauges that take the highest value over the worker processes; all others take the sum."""

Instrument = Counter | Gauge | Histogram


class QuietGauge(Gauge):
    """A gauge that exposes no value before it is first set: a pool must not read 0 at the start."""

    touched = False

    def _metric_init(self) -> None:
        # With worker processes, a value is exposed as soon as it is in the file.
        if self.touched or folder() is None:
            super()._metric_init()

    def _touch(self) -> None:
        if not self.touched:
            self.touched = True
            if not hasattr(self, "_value"):
                self._metric_init()

    def inc(self, amount: float = 1) -> None:
        self._touch()
        super().inc(amount)

    def dec(self, amount: float = 1) -> None:
        self._touch()
        super().dec(amount)

    def set(self, value: float) -> None:
        self._touch()
        super().set(value)

    def set_function(self, f: Callable[[], float]) -> None:
        self._touch()
        super().set_function(f)


class Absent:
    """Replaces a metric that this service does not expose: it accepts every call and does nothing."""

    def labels(self, *_: object, **__: object) -> Absent:
        return self

    def inc(self, *_: object, **__: object) -> None: ...

    dec = set = observe = set_function = set_to_current_time = remove = clear = inc

    def time(self) -> Absent:
        return self

    track_inprogress = count_exceptions = time

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def __call__(self, function: Any) -> Any:
        return function


def make(family: Family) -> Instrument:
    """Return an unregistered collector for the family, with its initial rows at zero."""
    made = _bare(family)
    for row in initial_rows(family) if family.labels else ():
        made.labels(*row)
    return made


def _bare(family: Family) -> Instrument:
    if family.type == "counter":
        return Counter(family.name, family.help, family.labels, registry=None)
    if family.type == "gauge":
        mode: Literal["livemax", "livesum"] = "livesum"
        if family.name.endswith(_HIGHEST_OF_WORKERS):
            mode = "livemax"
        return QuietGauge(family.name, family.help, family.labels, registry=None, multiprocess_mode=mode)
    return Histogram(family.name, family.help, family.labels, registry=None, buckets=family.buckets)


class _WholeFamilies(threading.local):
    """Within it, families collect themselves, for the renderer, instead of their samples; in this thread only."""

    wanted = False

    def __enter__(self) -> None:
        self.wanted = True

    def __exit__(self, *_: object) -> None:
        self.wanted = False


WHOLE_FAMILIES: Final = _WholeFamilies()


class ExposedFamily(Collector):
    """The registered collector of one family; it calls its hooks before each collection.

    `prefixes` caches what the renderer writes before each value, by label values.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self.instrument = make(family)
        self.prefixes: dict[tuple[str, ...], list[str]] = {}
        self._hooks: list[WeakMethod[Callable[[], None]]] = []

    def before_collect(self, hook: Callable[[], None]) -> None:
        """Call the bound method before each collection, as long as its object lives."""
        self._hooks = [each for each in self._hooks if each() is not None]
        self._hooks.append(WeakMethod(hook))

    def describe(self) -> Iterable[Metric]:
        return self.instrument.describe()

    def collect(self) -> Iterable[Metric]:
        for reference in self._hooks:
            hook = reference()
            if hook is not None:
                hook()
        if WHOLE_FAMILIES.wanted:
            yield WholeFamily(self)
        else:
            yield from self.metrics()

    def metrics(self) -> Iterable[Metric]:
        """Yield the family's samples, without `_created` and unset gauges."""
        for metric in self.instrument.collect():
            metric.samples = [] if self._unset() else self._without_created(metric)
            yield metric

    def children(self) -> list[tuple[tuple[str, ...], Instrument]]:
        """Return the label values and the child of each series; raises AttributeError if the client keeps none."""
        if not self.family.labels:
            return [((), self.instrument)]
        with self.instrument._lock:
            made: dict[tuple[str, ...], Any] = dict(self.instrument._metrics)  # type: ignore[arg-type]
            found = list(made.items())
        if len(self.prefixes) > 2 * len(found):  # children were removed
            self.prefixes.clear()
        return found

    def _unset(self) -> bool:
        gauge = self.instrument
        return isinstance(gauge, QuietGauge) and not self.family.labels and not gauge.touched

    def _without_created(self, metric: Metric) -> list[Any]:
        if self.family.type == "gauge":
            return metric.samples
        created = f"{metric.name}_created"
        return [sample for sample in metric.samples if sample.name != created]


class WholeFamily(Metric):
    """Represents a family that the renderer writes itself."""

    def __init__(self, exposed: ExposedFamily) -> None:
        super().__init__(exposed.family.name, exposed.family.help, "unknown")
        self.exposed = exposed
