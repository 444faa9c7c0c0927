"""The window of an objective: a rolling one, or a month or quarter by the clock of a time zone."""

from __future__ import annotations

from watchkeeper.model.calendar_window import LONGEST, CalendarWindow
from watchkeeper.model.duration import Duration
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.zone_rules import NoRule, clock_of

_ROLLING = "30d"


def parse_window(place: Cursor) -> tuple[Duration, CalendarWindow | None]:
    """Return the length of the window of the objective at `place`, the longest of a calendar window, and that window."""
    text, location = place.string("window", _ROLLING), place.string("time_zone", "UTC")
    unit = next((unit for unit in LONGEST if unit == text), None)
    if unit is None:
        if place.has("time_zone"):
            message = f"`time_zone` does not fit the rolling window of {text}, which has no clock"
            place.report("WK111", message, "remove it, or write `window: month`", key="time_zone")
        return Duration.parse(text), None
    try:
        return LONGEST[unit], CalendarWindow(unit=unit, location=location, clock=clock_of(location))
    except NoRule as reason:
        remedy = "write another time zone, or a rolling window such as 30d"
        place.report("WK214", f"{reason}, so no rule can compute its months", remedy, value="time_zone")
        return LONGEST[unit], None
