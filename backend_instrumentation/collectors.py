"""Makes prometheus-client collectors from families, exposed without `_created` samples and unset gauges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakMethod

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .contract import Family, births

Instrument = Counter | Gauge | Histogram


class QuietGauge(Gauge):
    """A gauge that exposes no value before it was first set: a pool must not read 0 at birth."""

    touched = False

    def inc(self, amount: float = 1) -> None:
        self.touched = True
        super().inc(amount)

    def dec(self, amount: float = 1) -> None:
        self.touched = True
        super().dec(amount)

    def set(self, value: float) -> None:
        self.touched = True
        super().set(value)

    def set_function(self, f: Callable[[], float]) -> None:
        self.touched = True
        super().set_function(f)


class Absent:
    """Stands in for a metric that this service does not expose: every call is accepted and does nothing."""

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
    """Return an unregistered collector for the family, with its births at zero."""
    made = _bare(family)
    for row in births(family) if family.labels else ():
        made.labels(*row)
    return made


def _bare(family: Family) -> Instrument:
    if family.type == "counter":
        return Counter(family.name, family.help, family.labels, registry=None)
    if family.type == "gauge":
        return QuietGauge(family.name, family.help, family.labels, registry=None)
    return Histogram(family.name, family.help, family.labels, registry=None, buckets=family.buckets)


class ExposedFamily(Collector):
    """What a registry holds of one family; calls its hooks before each collection."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.instrument = make(family)
        self._hooks: list[WeakMethod[Callable[[], None]]] = []

    def before_collect(self, hook: Callable[[], None]) -> None:
        """Call the bound method before each collection, for as long as its object lives."""
        self._hooks = [each for each in self._hooks if each() is not None]
        self._hooks.append(WeakMethod(hook))

    def describe(self) -> Iterable[Metric]:
        return self.instrument.describe()

    def collect(self) -> Iterable[Metric]:
        for reference in self._hooks:
            hook = reference()
            if hook is not None:
                hook()
        for metric in self.instrument.collect():
            metric.samples = [] if self._unset() else self._without_created(metric)
            yield metric

    def _unset(self) -> bool:
        gauge = self.instrument
        return isinstance(gauge, QuietGauge) and not self.family.labels and not gauge.touched

    def _without_created(self, metric: Metric) -> list[Any]:
        if self.family.type == "gauge":
            return metric.samples
        created = f"{metric.name}_created"
        return [sample for sample in metric.samples if sample.name != created]
