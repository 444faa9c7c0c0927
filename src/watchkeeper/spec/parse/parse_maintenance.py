"""Windows of planned work: single ones by their ends, recurring ones by weekdays and times."""

from __future__ import annotations

from watchkeeper.model.maintenance import WEEKDAYS, Maintenance, WeeklyTime
from watchkeeper.model.zone_clock import DAY, UTC, ZoneClock
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_span import SPAN_KEYS, parse_span
from watchkeeper.spec.zone_rules import NoRule, clock_of

_WEEKLY = ("weekdays", "times")
_FORMS = "write `from` and `to` for one window, or `weekdays` and `times` for one of each week"


def parse_maintenance(root: Cursor) -> tuple[Maintenance, ...]:
    """Return the windows of the root file; problems are reported at their lines."""
    found = (_window(item) for item in root.each("maintenance"))
    return tuple(window for window in found if window is not None)


def _window(place: Cursor) -> Maintenance | None:
    keys, location = set(place.names()), place.string("location", "UTC")
    is_single = bool(keys & set(SPAN_KEYS))
    if is_single and keys & set(_WEEKLY):
        key = next(key for key in _WEEKLY if key in keys)
        place.report("WK111", f"`{key}` does not fit beside `from` and `to`", _FORMS, key=key)
        return None
    if not is_single and not keys & set(_WEEKLY):
        place.report("WK111", "a maintenance window without times never ends", _FORMS)
        return None
    span = parse_span(place, "WK260", "window", _FORMS) if is_single else None
    weekly = () if is_single else _weekly_times(place)
    clock = UTC if is_single else _clock(place, location)
    if (span is None and not weekly) or clock is None:
        return None
    return Maintenance(
        name=place.string("name", ""),
        reason=place.string("reason", ""),
        author=place.string("author", ""),
        services=place.texts("services"),
        span=span,
        weekly=weekly,
        location=location,
        clock=clock,
        where=place.value_where("name"),
        services_where=tuple(item.where for item in place.each("services")),
        end_where=place.value_where("to") if is_single else None,
    )


def _weekly_times(place: Cursor) -> tuple[WeeklyTime, ...]:
    days = sorted({day for text in place.texts("weekdays") for day in _days(text)}) or range(len(WEEKDAYS))
    given = place.texts("times") or ("00:00-24:00",)
    found = tuple(_weekly_time(tuple(days), text) for text in given)
    if sum(part.length for part in found) * len(days) >= DAY * len(WEEKDAYS):
        place.report("WK260", "the window is open all week and never ends", "write shorter `times`")
        return ()
    return found


def _days(text: str) -> range:
    first, _, last = formats.weekdays(text).partition(":")
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)


def _weekly_time(days: tuple[int, ...], text: str) -> WeeklyTime:
    start, end = map(_seconds, formats.times(text))
    return WeeklyTime(days=days, start=start, length=(end - start) % DAY or DAY)


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _clock(place: Cursor, location: str) -> ZoneClock | None:
    try:
        return clock_of(location)
    except NoRule as reason:
        remedy = "write single windows with `from` and `to`, or the times in UTC"
        place.report("WK260", f"{reason}, so no rule can compute it", remedy, value="location")
        return None
