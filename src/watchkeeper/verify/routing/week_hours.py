"""The hours of a week, minute by minute: what an interval of Alertmanager contains, and what hours of the spec mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from watchkeeper.model.notify import Hours
from watchkeeper.model.week_minutes import DAY, days_of, minute_of, minutes_of
from watchkeeper.verify.routing.routing_config import ZoneMinutes

_KNOWN = {"weekdays", "times", "location"}


def hours_of_spec(hours: Hours) -> frozenset[ZoneMinutes]:
    """Return the minutes of the spec's hours in their time zone."""
    return frozenset({(hours.location, minutes_of(hours))})


def hours_of_interval(parts: Sequence[Mapping[str, Any]]) -> frozenset[ZoneMinutes] | None:
    """Return the hours of a published interval by time zone; None where more than weekday and time decides."""
    by_zone: dict[str, set[int]] = {}
    for part in parts:
        if set(part) - _KNOWN:
            return None
        spans = [
            (minute_of(str(span["start_time"])), minute_of(str(span["end_time"])))
            for span in part.get("times") or ({"start_time": "00:00", "end_time": "24:00"},)
        ]
        minutes = by_zone.setdefault(str(part.get("location") or "UTC"), set())
        for day in days_of(part.get("weekdays") or ()):
            for first, last in spans:
                minutes.update(range(day * DAY + first, day * DAY + last))
    return frozenset((zone, frozenset(minutes)) for zone, minutes in by_zone.items())
