"""The hours of a week, minute by minute: what an interval of Alertmanager contains, and what hours of the spec mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from watchkeeper.model.notify import Hours
from watchkeeper.verify.routing.routing_config import ZoneMinutes

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_DAY = 24 * 60
_KNOWN = {"weekdays", "times", "location"}


def hours_of_spec(hours: Hours) -> frozenset[ZoneMinutes]:
    """Return the minutes of the spec's hours; a time that ends before it begins goes on in the morning of the next day."""
    minutes: set[int] = set()
    for day in _days(hours.weekdays):
        for start, end in hours.times or (("00:00", "24:00"),):
            first, last = _minute(start), _minute(end)
            length = last - first if first < last else last - first + _DAY
            minutes.update((day * _DAY + first + one) % (7 * _DAY) for one in range(length))
    return frozenset({(hours.location, frozenset(minutes))})


def hours_of_interval(parts: Sequence[Mapping[str, Any]]) -> frozenset[ZoneMinutes] | None:
    """Return the hours of a published interval by time zone; None where more than weekday and time decides."""
    by_zone: dict[str, set[int]] = {}
    for part in parts:
        if set(part) - _KNOWN:
            return None
        spans = [
            (_minute(str(span["start_time"])), _minute(str(span["end_time"])))
            for span in part.get("times") or ({"start_time": "00:00", "end_time": "24:00"},)
        ]
        minutes = by_zone.setdefault(str(part.get("location") or "UTC"), set())
        for day in _days(part.get("weekdays") or ()):
            for first, last in spans:
                minutes.update(range(day * _DAY + first, day * _DAY + last))
    return frozenset((zone, frozenset(minutes)) for zone, minutes in by_zone.items())


def _days(texts: Iterable[str]) -> set[int]:
    """Return the days of names and ranges; without any, every day. Raise ValueError for a name that is none."""
    found: set[int] = set()
    for text in texts:
        first, _, last = str(text).lower().partition(":")
        found |= set(range(_DAYS.index(first), _DAYS.index(last or first) + 1))
    return found or set(range(7))


def _minute(text: str) -> int:
    # Without quotes, 22:00 is a number in YAML 1.1: of minutes.
    hour, colon, minute = text.partition(":")
    return int(hour) * 60 + int(minute) if colon else int(hour)
