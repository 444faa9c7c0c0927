"""The minutes of a week, from Sunday 00:00, that days and times mean; and whether an instant is within hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from watchkeeper.model.notify import Hours

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
DAY = 24 * 60
WEEK = 7 * DAY


def minutes_of(hours: Hours) -> frozenset[int]:
    """Return the minutes of hours; a time that ends before it begins goes on in the morning of the next day."""
    minutes: set[int] = set()
    for day in days_of(hours.weekdays):
        for start, end in hours.times or (("00:00", "24:00"),):
            first, last = minute_of(start), minute_of(end)
            length = last - first if first < last else last - first + DAY
            minutes.update((day * DAY + first + one) % WEEK for one in range(length))
    return frozenset(minutes)


def is_within(hours: Hours, at: datetime) -> bool:
    """Return whether an instant, with its time zone, is within hours, by the clock of the hours' own zone."""
    return minute_at(at, hours.location) in minutes_of(hours)


def minute_at(at: datetime, location: str) -> int:
    """Return the minute of the week that a clock in a time zone shows; raise KeyError for an unknown zone."""
    from zoneinfo import ZoneInfo

    there = at.astimezone(ZoneInfo(location))
    return ((there.weekday() + 1) % 7) * DAY + there.hour * 60 + there.minute


def days_of(texts: Iterable[str]) -> set[int]:
    """Return the days of names and ranges; without any, every day. Raise ValueError for a name that is none."""
    found: set[int] = set()
    for text in texts:
        first, _, last = str(text).lower().partition(":")
        found |= set(range(_DAYS.index(first), _DAYS.index(last or first) + 1))
    return found or set(range(7))


def minute_of(text: str) -> int:
    """Return the minute of the day that a time such as 22:00 means."""
    # Without quotes, 22:00 is a number in YAML 1.1: of minutes.
    hour, colon, minute = text.partition(":")
    return int(hour) * 60 + int(minute) if colon else int(hour)
