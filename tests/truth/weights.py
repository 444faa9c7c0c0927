"""How much the rules may count a request for: 1 where they must be exact, an interval where they cannot be.

The bounds are those of docs/reference/accuracy.md, for a base of 1m at scrapes of 15s and evaluations of 30s. Times
in ms.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tests.truth.schedule import SECOND, Instance, Schedule

SCRAPE = 15 * SECOND
REACH = 75 * SECOND
"""How far back an evaluation looks: the base window and one scrape."""
FIRST_SCRAPES = 1 - SCRAPE / REACH
"""What a counter that stood at 0 is counted for at least, since it is not extrapolated below 0."""


@dataclass(frozen=True)
class Weight:
    """The least and the most that a request may count for."""

    least: float = 1.0
    most: float = 1.0

    def __mul__(self, other: Weight) -> Weight:
        return Weight(self.least * other.least, self.most * other.most)


WHOLE = Weight()
PERHAPS = Weight(0.0, 1.0)
LOST = Weight(0.0, 0.0)
# Between the scrapes around so many failed ones in a row; what no two samples of one look enclose is lost.
IN_GAP = {1: Weight(0.5, 1.63), 2: Weight(0.5, 0.67), 3: Weight(0.0, 0.51)}
NEAR_GAP = Weight(0.96, 2.0)
AROUND_HOLE = Weight(0.0, 2.0)
IN_BROKEN_TILE = Weight(0.0, 10.0)
"""In a tile that lacks evaluations each of the others stands for more, at most one for all ten."""
BEFORE_OUTAGE = Weight(0.45, 1.0)
"""What an outage begins with is noticed while the base still holds the minute before: one look of two is replaced."""
AFTER_OUTAGE = Weight(0.8, 1.25)
"""In the tile in which an outage ends one evaluation or two have nothing to record."""
BORN = Weight(0.8, 1.65)
YOUNG = Weight(0.8, 1.19)
FIRST_BURST = Weight(FIRST_SCRAPES, 1.0)
LAST_SCRAPE = Weight(1.0, 1.67)
LAST_MINUTE = Weight(0.97, 1.2)


@dataclass(frozen=True)
class Watched:
    """One instance as its scrapes see it."""

    instance: Instance
    schedule: Schedule

    @cached_property
    def answered(self) -> tuple[int, ...]:
        """Return when scrapes succeeded."""
        one = self.instance
        first = -(-(one.born - one.phase) // self.schedule.scrape) * self.schedule.scrape + one.phase
        times = range(max(first, one.phase), self.schedule.end + 1, self.schedule.scrape)
        return tuple(at for at in times if one.lives_at(at) and one.answers_at(at))

    @cached_property
    def weights(self) -> tuple[tuple[int, bool, Weight], ...]:
        """Return every request with what it may count for, apart from the windows' edges."""
        return tuple((at, is_bad, self.weight(at, is_bad)) for at, is_bad in self.instance.requests)

    def weight(self, at: int, is_bad: bool) -> Weight:
        """Return what a request at an instant may count for, apart from the window's edges."""
        after = bisect_right(self.answered, at - 1)
        if after == 0 or after == len(self.answered):
            return LOST
        begin, end = self.answered[after - 1], self.answered[after]
        if self.schedule.hole and self.schedule.hole[0] - REACH < at < self.schedule.hole[1] + REACH:
            return AROUND_HOLE
        return (
            self._by_gap(at, begin, end)
            * self._by_life(begin, end, is_last=after == len(self.answered) - 1)
            * self._by_value(at, is_bad)
            * (PERHAPS if any(begin < one <= end for one in self.instance.restarts) else WHOLE)
            * (BEFORE_OUTAGE if self._is_before_outage(at) else WHOLE)
        )

    def _is_before_outage(self, at: int) -> bool:
        return any(first - REACH < at <= first for first, _ in self.schedule.outages)

    def _by_gap(self, at: int, begin: int, end: int) -> Weight:
        failed = (end - begin) // self.schedule.scrape - 1
        if failed:
            return IN_GAP.get(failed, LOST)
        return NEAR_GAP if self._misses_near(at) else WHOLE

    def _misses_near(self, at: int) -> bool:
        """Return whether a scrape failed within reach of an instant, while the target was there."""
        low, high = at - REACH - SCRAPE, at + REACH + SCRAPE
        expected = len(
            range(max(low, self.answered[0]), min(high, self.answered[-1]) + 1, self.schedule.scrape)
        )
        return bisect_right(self.answered, high) - bisect_right(self.answered, low - 1) < expected - 1 or any(
            low < failing[1] and failing[0] < high for failing in self.instance.unreachable
        )

    def _by_life(self, begin: int, end: int, *, is_last: bool) -> Weight:
        age = begin - self.answered[0]
        young = BORN if age == 0 else YOUNG if age <= REACH else WHOLE
        if self.instance.gone is None:
            return young
        left = self.answered[-1] - end
        return young * (LAST_SCRAPE if is_last else LAST_MINUTE if left <= REACH else WHOLE)

    def _by_value(self, at: int, is_bad: bool) -> Weight:
        """Return less than whole where the counter had hardly counted yet what one look then adds to it."""
        if any(at - 2 * REACH - SCRAPE < one <= at for one in self.instance.restarts):
            return FIRST_BURST
        before, after = at - REACH - SCRAPE, at + REACH + SCRAPE
        stood, added = self._value(before, is_bad), self._counted(before, after, is_bad)
        return FIRST_BURST if stood < added / 4 else WHOLE

    def _value(self, at: int, is_bad: bool) -> int:
        restarts = [one for one in self.instance.restarts if one <= at]
        counted = self._counted(restarts[-1] if restarts else self.instance.born - 1, at, is_bad)
        return counted if restarts else counted + self.instance.counted

    def _counted(self, begin: int, end: int, is_bad: bool) -> int:
        times = self._times[is_bad]
        return bisect_right(times, end) - bisect_right(times, begin)

    @cached_property
    def _times(self) -> dict[bool, list[int]]:
        return {
            kind: [at for at, is_bad in self.instance.requests if is_bad == kind] for kind in (False, True)
        }


@lru_cache(maxsize=16)
def watched(instance: Instance, schedule: Schedule) -> Watched:
    """Return an instance as its scrapes see it, with its weights kept for the next window."""
    return Watched(instance, schedule)
