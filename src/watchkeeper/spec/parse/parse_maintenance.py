"""Windows of planned work: single ones by their ends, recurring ones by weekdays and times."""

from __future__ import annotations

from datetime import timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchkeeper.model.maintenance import WEEKDAYS, Maintenance, WeeklyTime
from watchkeeper.model.zone_clock import DAY, UTC, ZoneClock
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.zone_rules import NoRule, clock_of

_SINGLE, _WEEKLY = ("from", "to"), ("weekdays", "times")
_FORMS = "write `from` and `to` for one window, or `weekdays` and `times` for one of each week"


def parse_maintenance(root: Cursor) -> tuple[Maintenance, ...]:
    """Return the windows of the root file; problems are reported at their lines."""
    found = (_window(item) for item in root.each("maintenance"))
    return tuple(window for window in found if window is not None)


def _window(place: Cursor) -> Maintenance | None:
    keys, location = set(place.names()), place.string("location", "UTC")
    is_single = bool(keys & set(_SINGLE))
    if is_single and keys & set(_WEEKLY):
        key = next(key for key in _WEEKLY if key in keys)
        place.report("WK111", f"`{key}` does not fit beside `from` and `to`", _FORMS, key=key)
        return None
    if not is_single and not keys & set(_WEEKLY):
        place.report("WK111", "a maintenance window without times never ends", _FORMS)
        return None
    span = _span(place, location) if is_single else None
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


def _span(place: Cursor, location: str) -> tuple[int, int] | None:
    missing = [key for key in _SINGLE if not place.has(key)]
    if missing:
        place.report("WK102", f"`{missing[0]}` is missing", _FORMS)
        return None
    zone = _zone(place, location)
    if zone is None:
        return None
    start, end = (_moment(place.string(key, ""), zone) for key in _SINGLE)
    if end <= start:
        message = (
            f"the window ends at {place.text('to')}, which is not after its start at {place.text('from')}"
        )
        place.report("WK260", message, "write a later `to`", value="to")
        return None
    return start, end


def _zone(place: Cursor, location: str) -> tzinfo | None:
    try:
        return timezone.utc if location == "UTC" else ZoneInfo(location)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"this machine has no data of the time zone {location}"
        place.report("WK260", message, "install tzdata, or write the times in UTC", value="location")
        return None


def _moment(text: str, zone: tzinfo) -> int:
    found = formats.moment(text)
    return int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())


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
