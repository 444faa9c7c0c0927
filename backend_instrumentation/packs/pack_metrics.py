"""Gives the bounded metrics of one owner by name; a metric of a pack that is not enabled records nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ..contract import OUTCOMES, Family, family
from ..guard import LOGGER
from ..recording.bounded_metric import BoundedMetric, RecordingContext
from ..registry.collectors import Instrument


class Recording:
    """The bounded metrics of the given families; `find` returns the collector of an enabled name."""

    def __init__(
        self, families: Iterable[Family], find: Callable[[str], Instrument], context: RecordingContext
    ) -> None:
        self.context: Final = context
        self.families: Final = {each.name: each for each in families}
        self._find = find
        self._metrics: dict[str, BoundedMetric] = {}
        self._missed: set[str] = set()

    def metric(self, name: str) -> BoundedMetric:
        """Return the metric of that name; one that is not enabled accepts every call, with one warning."""
        found = self._metrics.get(name)
        return self._metrics.setdefault(name, self._make(name)) if found is None else found

    def _make(self, name: str) -> BoundedMetric:
        enabled = self.families.get(name)
        if enabled is not None:
            return BoundedMetric(enabled, self._find(name), self.context)
        known = family(name)
        if known is None:
            known = Family(name, "gauge", "", (), "", "declared")
        else:
            self._warn(known.pack)
        return BoundedMetric(known, None, self.context)

    def _warn(self, pack: str) -> None:
        if pack not in self._missed:
            self._missed.add(pack)
            LOGGER.warning("the pack %r is not enabled: its metrics record nothing", pack)


def outcome(success: bool) -> str:
    """Return the value of the label `status` for an outcome."""
    return OUTCOMES[0] if success else OUTCOMES[1]
