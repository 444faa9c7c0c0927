"""Between which values an error ratio must lie, given what each single request may count for."""

from __future__ import annotations

from dataclasses import dataclass

from tests.truth.counting import PLAIN_UP_TO, count
from tests.truth.schedule import HOUR, SECOND, Schedule
from tests.truth.weights import (
    AFTER_OUTAGE,
    IN_BROKEN_TILE,
    LAST_SCRAPE,
    PERHAPS,
    REACH,
    WHOLE,
    Weight,
    watched,
)
from watchkeeper.model import slo

STEP = 60 * SECOND
TILE = slo.TILE.milliseconds
FROM_BASE = 6 * HOUR
LATE = 105 * SECOND
"""Base, scrape and evaluation: how late an event is in the base at most."""
EVALUATION = 30 * SECOND
DOWN_LATE = 75 * SECOND
"""How late an outage of all targets is noticed at most: three scrapes and an evaluation. It ends with the first scrape."""


@dataclass(frozen=True)
class Interval:
    """The least and the most that a number may be."""

    least: float
    most: float

    def excess(self, value: float) -> float:
        """Return by how much a value lies outside."""
        return max(self.least - value, value - self.most, 0.0)


def ratio_bounds(schedule: Schedule, at: int, window: int) -> Interval:
    """Return between which values the error ratio over a window may read at an instant."""
    sums = _sums(schedule, at - window, at)
    least = _share(sums[True].least, sums[False].most)
    most = _share(sums[True].most, sums[False].least)
    if window <= PLAIN_UP_TO:
        return Interval(least, most)
    covered = _covered(schedule, at, window)
    return Interval(least * min(1.0, covered.least / window), most * min(1.0, covered.most / window))


def _share(bad: float, good: float) -> float:
    return bad / (bad + good) if bad else 0.0


def _sums(schedule: Schedule, begin: int, end: int) -> dict[bool, Interval]:
    least, most = {False: 0.0, True: 0.0}, {False: 0.0, True: 0.0}
    for instance in schedule.instances:
        for at, is_bad, inside in watched(instance, schedule).weights:
            if begin - REACH < at <= end:
                weight = inside * (PERHAPS if at <= begin or at > end - REACH else WHOLE)
                if end - begin > FROM_BASE:
                    weight = weight * _in_tile(schedule, at)
                least[is_bad] += weight.least
                most[is_bad] += weight.most
    lost = _lost(schedule, begin, end)
    return {
        False: Interval(least[False], most[False]),
        True: Interval(least[True] + lost.least, most[True] + lost.most),
    }


def _in_tile(schedule: Schedule, at: int) -> Weight:
    """Return how much more or less a request counts in tiles: some lack evaluations."""
    if schedule.hole and _share_a_tile(at, *schedule.hole):
        return IN_BROKEN_TILE
    ends = (last for _, last in schedule.outages)
    return AFTER_OUTAGE if any(_share_a_tile(at, last, last) for last in ends) else WHOLE


def _share_a_tile(at: int, begin: int, end: int) -> bool:
    return (begin - REACH) // TILE <= at // TILE <= (end + REACH) // TILE


def _lost(schedule: Schedule, begin: int, end: int) -> Interval:
    least = most = 0.0
    for first, last in schedule.outages:
        rate = _mean_bounds(schedule, first)
        surely = min(last, end) - max(first + DOWN_LATE, begin) - EVALUATION
        surely -= STEP if end - begin > FROM_BASE else 0
        perhaps = min(last, end) - max(first, begin) + EVALUATION
        least += rate.least * max(0, surely)
        most += rate.most * max(0, perhaps)
    return Interval(least, most)


def _mean_bounds(schedule: Schedule, first: int) -> Interval:
    """Return the requests a ms that stand in for an outage: the mean of the hour that its first evaluations see."""
    begin = max(0, first - HOUR)
    inner = count(schedule, begin + LATE, first - REACH).total
    edges = count(schedule, max(0, begin - REACH), first).total - inner
    return Interval(
        max(0.0, inner) / (first - begin), (inner + LAST_SCRAPE.most * edges) / max(1, first - begin - LATE)
    )


def _covered(schedule: Schedule, at: int, window: int) -> Interval:
    """Return how much history there is: known to a step of the windows, beyond 6h to a tile."""
    born = min(watched(one, schedule).answered[0] for one in schedule.instances)
    slack = STEP if window <= FROM_BASE else TILE
    begin, end = schedule.hole or (0, 0)
    unseen = max(0, end + REACH - max(begin - slack, at - window)) if schedule.hole else 0
    # The first evaluation after an outage has one scrape only, and records nothing.
    unseen += STEP * sum(at - window < last <= at for _, last in schedule.outages)
    return Interval(max(0, min(window + slack, at - born) - slack - unseen), at - born + slack)
