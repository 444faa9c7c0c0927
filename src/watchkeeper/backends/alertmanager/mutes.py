"""Mutes and active hours as Alertmanager's time intervals; a night belongs to the day on which it begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Hours

# Alertmanager's week: a range of days must not cross its end.
_DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MIDNIGHT: Final = "00:00"


def interval(hours: Hours) -> dict[str, Value]:
    """Return the time interval; the mornings after its days are a second part, with their own days."""
    evenings = [_span(start, end if start < end else "24:00") for start, end in hours.times]
    mornings = [_span(_MIDNIGHT, end) for start, end in hours.times if start >= end != _MIDNIGHT]
    days = _numbers(hours.weekdays)
    after = {(day + 1) % len(_DAYS) for day in days}
    if days == after:
        return {"name": hours.name, "time_intervals": [_part(hours, hours.weekdays, evenings + mornings)]}
    parts = [_part(hours, hours.weekdays, evenings)]
    if mornings:
        parts.append(_part(hours, _spans(after), mornings))
    return {"name": hours.name, "time_intervals": parts}


def _part(hours: Hours, weekdays: Iterable[str], times: list[Value]) -> Value:
    part: dict[str, Value] = {}
    if hours.weekdays:
        part["weekdays"] = list(weekdays)
    if times:
        part["times"] = times
    if hours.location != "UTC":
        part["location"] = hours.location
    return part


def _span(start: str, end: str) -> Value:
    return {"start_time": start, "end_time": end}


def _numbers(weekdays: Iterable[str]) -> set[int]:
    found: set[int] = set()
    for text in weekdays:
        first, _, last = text.partition(":")
        found |= set(range(_DAYS.index(first), _DAYS.index(last or first) + 1))
    return found


def _spans(days: set[int]) -> list[str]:
    """Return the days in the order of the week, with consecutive days as ranges."""
    starts = [day for day in sorted(days) if day - 1 not in days]
    ends = [day for day in sorted(days) if day + 1 not in days]
    return [
        _DAYS[first] if first == last else f"{_DAYS[first]}:{_DAYS[last]}"
        for first, last in zip(starts, ends, strict=True)
    ]
