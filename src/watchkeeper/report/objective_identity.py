"""Which objective a series is about: several label sets may be one, and several objectives may share an id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from watchkeeper.prometheus_api import Labels
from watchkeeper.report.history import ObjectiveHistory

# One objective that several servers record, as pairs of Prometheus do, counts once.
_REPLICAS = ("replica", "prometheus_replica", "prometheus")


def own_labels(labels: Labels) -> dict[str, str]:
    """Return the labels that belong to the objective, and not to the series or to one of several servers."""
    return {name: value for name, value in labels.items() if name not in ("__name__", *_REPLICAS)}


def display_name(labels: Labels, same: Sequence[Labels]) -> str:
    """Return an objective's id, with the labels that differ among those of the `same` id."""
    differing = sorted(key for key in labels if any(other.get(key) != labels[key] for other in same))
    return " ".join([labels["slo_id"], *(f"{key}={labels[key]}" for key in differing)])


class Owners:
    """Finds the objective of a series."""

    def __init__(self, objectives: Iterable[ObjectiveHistory]) -> None:
        """Know these objectives."""
        self._by_id: defaultdict[str, list[ObjectiveHistory]] = defaultdict(list)
        for one in objectives:
            self._by_id[one.slo_id].append(one)

    def name(self, labels: Labels) -> str:
        """Return the name of a series' objective, empty if there is none."""
        same = self._by_id.get(labels.get("slo_id", ""), [])
        if len(same) == 1:
            # Its labels may have changed since.
            return same[0].name
        own = own_labels(labels)
        return next((one.name for one in same if one.labels == own), "")
