"""A span of time by its two ends, `from` and `to`, by the clock of `location`."""

from __future__ import annotations

from datetime import timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor

SPAN_KEYS = ("from", "to")


def parse_span(place: Cursor, code: str, what: str, forms: str) -> tuple[int, int] | None:
    """Return start and end in Unix seconds; None after a problem, which names `what` the span is of.

    `code` is that of impossible times, `forms` the remedy where an end is missing.
    """
    missing = [key for key in SPAN_KEYS if not place.has(key)]
    if missing:
        place.report("WK102", f"`{missing[0]}` is missing", forms)
        return None
    zone = _zone(place, place.string("location", "UTC"), code)
    if zone is None:
        return None
    start, end = (_moment(place.string(key, ""), zone) for key in SPAN_KEYS)
    if end <= start:
        ends = f"ends at {place.text('to')}, which is not after its start at {place.text('from')}"
        place.report(code, f"the {what} {ends}", "write a later `to`", value="to")
        return None
    return start, end


def _zone(place: Cursor, location: str, code: str) -> tzinfo | None:
    try:
        return timezone.utc if location == "UTC" else ZoneInfo(location)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"this machine has no data of the time zone {location}"
        place.report(code, message, "install tzdata, or write the times in UTC", value="location")
        return None


def _moment(text: str, zone: tzinfo) -> int:
    found = formats.moment(text)
    return int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())
