"""A time zone as arithmetic: how far its clock is ahead of UTC, and the rules by which that changes every year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

DAY = 86_400
WEEK = 7
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A yearly change: on the first `weekday`, 0 for Sunday, that is not before the day `day` of `month`.

    The clock is `moves` seconds further ahead from then on. Added to UTC, `ahead` seconds make that moment a midnight.
    """

    month: int
    day: int
    weekday: int
    ahead: int
    moves: int

    def has_come(self, at: float, offset: int) -> bool:
        """Return whether the change of the year is over at a Unix time; the year begins `offset` seconds before UTC's."""
        now, shown = (_EPOCH + timedelta(seconds=at + ahead) for ahead in (offset, self.ahead))
        since = (shown.isoweekday() + WEEK - self.weekday) % WEEK
        is_over = (shown.month, shown.day - since) >= (self.month, self.day)
        return now.month > self.month or (now.month == self.month and is_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneClock:
    """`offset` is how many seconds the clock is ahead of UTC at New Year; `shifts` are the changes of each year."""

    offset: int = 0
    shifts: tuple[Shift, ...] = ()

    def ahead(self, at: float) -> int:
        """Return how many seconds the clock is ahead of UTC at a Unix time."""
        return self.offset + sum(shift.moves for shift in self.shifts if shift.has_come(at, self.offset))

    def moment(self, shown: int) -> int:
        """Return the Unix time at which the clock shows `shown`, in seconds since its own 1970.

        Of an hour that it shows twice, the first; for one that it skips, the moment of the skip or an hour beside it.
        """
        return shown - self.ahead(shown - self.ahead(shown - self.offset))


UTC = ZoneClock()
