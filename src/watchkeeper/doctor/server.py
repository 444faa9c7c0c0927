"""Questions about the series of a Prometheus; each is asked once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from watchkeeper.prometheus_api import api_get, instant

_THREADS = 8
# As far back as an instant query looks, in seconds.
_RECENT = 300


class Server:
    """A running Prometheus, or a server with the same API; every method raises NoAnswer."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._counts: dict[str, int] = {}
        self._answers: dict[str, tuple[dict[str, str], ...]] = {}

    def count_all(self, queries: Iterable[str]) -> None:
        """Ask for many counts at once."""
        wanted = list(dict.fromkeys(queries))
        pool = ThreadPoolExecutor(_THREADS)
        try:
            for query, found in zip(wanted, pool.map(self._count, wanted), strict=True):
                self._counts[query] = found
        finally:
            # After one failure nobody waits for the rest.
            pool.shutdown(wait=False, cancel_futures=True)

    def count(self, query: str) -> int:
        """Return how many series an expression yields now."""
        if query not in self._counts:
            self._counts[query] = self._count(query)
        return self._counts[query]

    def _count(self, query: str) -> int:
        found = instant(self.address, f"count({query})")
        return int(found[0].value) if found else 0

    def value(self, query: str) -> float | None:
        """Return the one value of an expression; None where it has none."""
        found = instant(self.address, query)
        return found[0].value if found else None

    def groups(self, metric: str, labels: Sequence[str]) -> tuple[dict[str, str], ...]:
        """Return the combinations of labels that the series of a selector have; empty values are left out."""
        query = f"group by ({', '.join(labels)}) ({metric})"
        if query not in self._answers:
            found = instant(self.address, query)
            self._answers[query] = tuple(
                {label: one.labels[label] for label in labels if one.labels.get(label)} for one in found
            )
        return self._answers[query]

    def labels(self, selector: str) -> tuple[str, ...]:
        """Return the names of the labels that the series of a selector have, and not those of its past."""
        recent = str(time.time() - _RECENT)
        found = api_get(self.address, "/api/v1/labels", {"match[]": selector, "start": recent})
        return tuple(label for label in found if label != "__name__")

    def values(self, label: str, selector: str) -> tuple[str, ...]:
        """Return the values of a label."""
        return tuple(one[label] for one in self.groups(selector, (label,)) if label in one)
