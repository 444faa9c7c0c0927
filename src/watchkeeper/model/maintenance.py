"""Planned work: windows whose events cost no error budget, and in which no alert of the service begins to fire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.model.position import Position
from watchkeeper.model.zone_clock import DAY, ZoneClock

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
# 1 January 1970 was a Thursday.
_FIRST_WEEKDAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyTime:
    """A part of a recurring window: its days, 0 for Sunday, its start in seconds of the day, and its length in seconds.

    All of them are those of a clock on the wall; a night belongs to the day on which it begins.
    """

    days: tuple[int, ...]
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """One window: `span` of a single one, in Unix seconds, else the weekly times by the clock of `location`.

    `services` names those that it is for, and is empty for all.
    """

    name: str
    reason: str
    author: str
    services: tuple[str, ...]
    span: tuple[int, int] | None
    weekly: tuple[WeeklyTime, ...]
    location: str
    clock: ZoneClock
    where: Position
    services_where: tuple[Position, ...] = ()
    end_where: Position | None = None

    def is_for(self, service: str) -> bool:
        """Return whether it is for a service."""
        return not self.services or service in self.services

    def spans(self, start: float, end: float) -> Iterator[tuple[int, int]]:
        """Yield when it is open, in Unix seconds, for every span that touches the time from `start` to `end`."""
        if self.span is not None:
            if self.span[0] < end and self.span[1] > start:
                yield self.span
            return
        for day in range(int(start) // DAY - 2, int(end) // DAY + 2):
            weekday = (day + _FIRST_WEEKDAY) % len(WEEKDAYS)
            for part in self.weekly:
                begin = day * DAY + part.start
                found = self.clock.moment(begin), self.clock.moment(begin + part.length)
                if weekday in part.days and found[0] < end and found[1] > start:
                    yield found
