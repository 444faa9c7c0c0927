"""The metrics that the service declares itself, by name: `instruments.own.orders_total.inc(channel="web")`."""

from __future__ import annotations

import difflib

from ..config.declared_families import DECLARED
from ..guard import LOGGER
from ..recording.bounded_metric import BoundedMetric
from ..recording.timer import Timer
from .pack_metrics import Recording


class OwnMetrics:
    """The declared metrics as attributes and items; an unknown name records nothing, with one warning."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._names = [each.name for each in recording.families.values() if each.pack == DECLARED]
        self._metrics: dict[str, OwnMetric] = {}

    def __getitem__(self, name: str) -> OwnMetric:
        found = self._metrics.get(name)
        return self._metrics.setdefault(name, self._make(name)) if found is None else found

    def __getattr__(self, name: str) -> OwnMetric:
        if name.startswith("_"):  # copying and pickling look for such names
            raise AttributeError(name)
        return self[name]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._names})

    def _make(self, name: str) -> OwnMetric:
        if name not in self._recording.families:
            near = difflib.get_close_matches(name, self._names, 1)
            hint = f", did you mean {near[0]}?" if near else ""
            LOGGER.warning("no metric named %s is declared; it records nothing%s", name, hint)
        return OwnMetric(self._recording.metric(name))


class OwnMetric:
    """One declared metric; labels are given by name."""

    def __init__(self, metric: BoundedMetric) -> None:
        self.guard = metric.context.guard
        self._metric = metric

    def inc(self, amount: float = 1, /, **labels: object) -> None:
        """Add to a counter or a gauge."""
        self._metric.context.recorded()
        self._metric.inc(amount, **labels)

    def dec(self, amount: float = 1, /, **labels: object) -> None:
        """Subtract from a gauge."""
        self._metric.context.recorded()
        self._metric.dec(amount, **labels)

    def set(self, value: float, /, **labels: object) -> None:
        """Set a gauge; it is exposed from now on."""
        self._metric.context.recorded()
        self._metric.set(value, **labels)

    def observe(self, value: float, /, **labels: object) -> None:
        """Record one value of a histogram, in the family's unit."""
        self._metric.context.recorded()
        self._metric.observe(value, **labels)

    def time(self, **labels: object) -> Timed:
        """Observe the duration of a block, or of each call of a decorated function, in seconds."""
        return Timed(self, labels)


class Timed(Timer):
    """A piece of work whose duration is observed, whatever its outcome."""

    def __init__(self, metric: OwnMetric, labels: dict[str, object]) -> None:
        super().__init__(metric.guard)
        self._metric = metric
        self.labels = labels

    def _record(self) -> None:
        self._metric.observe(self.seconds, **self.labels)
