"""The truth: requests counted one by one, by the definitions of docs/reference/accuracy.md."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from tests.truth.schedule import HOUR, MINUTE, Schedule

PLAIN_UP_TO = 30 * MINUTE
"""Up to this window a ratio is of what there is; longer ones count missing history as healthy."""


@dataclass(frozen=True)
class Count:
    """How many events were bad, of how many."""

    bad: float
    total: float

    @property
    def ratio(self) -> float:
        """Return the share of bad ones, 0 where there was nothing."""
        return self.bad / self.total if self.total else 0.0


def count(schedule: Schedule, begin: int, end: int) -> Count:
    """Count the requests in (begin, end], and those that an outage of all targets cost."""
    inside = _between(schedule, begin, end)
    lost = sum(
        mean_before(schedule, first) * max(0, min(last, end) - max(first, begin)) / 1000
        for first, last in schedule.outages
    )
    return Count(sum(is_bad for _, is_bad in inside) + lost, len(inside) + lost)


def mean_before(schedule: Schedule, at: int) -> float:
    """Return the requests a second in the hour before an instant, or since the service began."""
    begin = max(0, at - HOUR)
    return len(_between(schedule, begin, at)) * 1000 / (at - begin) if at else 0.0


def ratio(schedule: Schedule, at: int, window: int) -> float:
    """Return the error ratio over a window that ends at an instant; what lies before the first scrape is healthy."""
    found = count(schedule, max(0, at - window), at).ratio
    return found if window <= PLAIN_UP_TO else found * min(1.0, at / window)


def _between(schedule: Schedule, begin: int, end: int) -> tuple[tuple[int, bool], ...]:
    times = schedule.requests
    first = bisect_right(times, (begin, True)) if begin else 0
    return times[first : bisect_right(times, (end, True))]
