"""How the clock of a time zone changes every year, read from this machine's zone data.

PromQL knows no time zones, so its rules compute the clock. They can do that only where the changes of every year follow
one rule. The years are fixed: what is rendered must not depend on the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchkeeper.model.zone_clock import UTC, WEEK, Shift, ZoneClock

# After 28 years the weekdays of all dates repeat.
_YEARS = range(2027, 2055)
_DAY, _HOUR, _SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
_LOOK = timedelta(days=5)
# A change: the moment, the seconds ahead of UTC before it, and after it.
_Change = tuple[datetime, int, int]


class NoRule(ValueError):
    """The clock of a zone changes by no rule that is the same every year."""


@lru_cache(maxsize=64)
def clock_of(name: str) -> ZoneClock:
    """Return a zone as arithmetic; raise NoRule."""
    if name == "UTC":
        return UTC
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NoRule(f"this machine has no data of the time zone {name}") from None
    found = [list(_changes(zone, year)) for year in _YEARS]
    offset = _ahead(zone, datetime(_YEARS[0], 1, 1, tzinfo=timezone.utc))
    counts = {len(changes) for changes in found}
    shifts = [_shift(many) for many in zip(*found, strict=True)] if len(counts) == 1 else [None]
    clock = ZoneClock(offset=offset, shifts=tuple(shift for shift in shifts if shift is not None))
    if None in shifts or not all(_is_right(clock, change) for changes in found for change in changes):
        raise NoRule(f"the clock of {name} changes by no rule that is the same every year")
    return clock


def _ahead(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _changes(zone: ZoneInfo, year: int) -> Iterator[_Change]:
    at, end = datetime(year, 1, 1, tzinfo=timezone.utc), datetime(year + 1, 1, 1, tzinfo=timezone.utc)
    while at < end:
        before, after = _ahead(zone, at), _ahead(zone, at + _LOOK)
        if before != after:
            yield _exactly(zone, at, before), before, after
        at += _LOOK


def _exactly(zone: ZoneInfo, start: datetime, before: int) -> datetime:
    """Return the moment of a change within days."""
    low, high = 0, int(_LOOK.total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _ahead(zone, start + middle * _SECOND) == before else (low, middle)
    return start + high * _SECOND


def _shift(changes: Sequence[_Change]) -> Shift | None:
    """Return the rule that the changes of all years have in common, if there is one."""
    # Midnight after the last Thursday of October may be in November: then the rule is about the day before.
    rules = (_dated(changes, moved) for moved in (timedelta(0), -_DAY))
    return next((rule for rule in rules if rule is not None), None)


def _dated(changes: Sequence[_Change], moved: timedelta) -> Shift | None:
    days: list[int] = []
    same: set[tuple[int, int, int, int]] = set()
    for at, before, after in changes:
        # The nearest midnight: the rule is about dates.
        midnight = (at + before * _SECOND + _DAY / 2).replace(hour=0, minute=0, second=0) + moved
        days.append(midnight.day)
        ahead = int((midnight - at) / _SECOND)
        same.add((midnight.month, midnight.isoweekday() % WEEK, ahead, after - before))
    if len(same) != 1 or max(days) - min(days) >= WEEK:
        return None
    month, weekday, ahead, moves = same.pop()
    return Shift(month=month, day=min(days), weekday=weekday, ahead=ahead, moves=moves)


def _is_right(clock: ZoneClock, change: _Change) -> bool:
    """Return whether the arithmetic agrees just before a change, just after it, and at the next New Year."""
    at, before, after = change
    year = datetime(at.year + 1, 1, 1, tzinfo=timezone.utc)
    at_new_year = all(
        clock.ahead((year + hours * _HOUR).timestamp()) == clock.offset for hours in range(-26, 27)
    )
    return clock.ahead(at.timestamp() - 1) == before and clock.ahead(at.timestamp()) == after and at_new_year
