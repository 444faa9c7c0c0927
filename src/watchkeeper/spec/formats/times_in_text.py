"""Moments, hours, weekdays and time zones."""

from __future__ import annotations

import re
from datetime import datetime

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.spec.formats.malformed import Malformed, quoted

_FIRST_YEAR, _LAST_YEAR = 2000, 2099


def times(text: str) -> tuple[str, str]:
    """Return start and end of `HH:MM-HH:MM`; the end may be 24:00, or earlier than the start."""
    match = re.fullmatch(
        r"([01][0-9]|2[0-3]):([0-5][0-9])\s*-\s*(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)", text
    )
    if match is None:
        raise Malformed("WK109", f"{quoted(text)} is not a time range", "write 22:00-06:00")
    start, end = (part.strip() for part in text.split("-"))
    if start == end:
        raise Malformed(
            "WK109", f"{quoted(text)} is an empty time range", "write 00:00-24:00 for the whole day"
        )
    return start, end


def outside_hours(text: str) -> str:
    """Return the one word that may stand in the place of a list of receivers."""
    if text != "nobody":
        raise Malformed(
            "WK104", f"{quoted(text)} is not allowed", f"write [{text}] for a receiver, or nobody"
        )
    return text


def weekdays(text: str) -> str:
    """Return a day or a span `monday:friday` as Alertmanager takes it."""
    days = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    parts = text.split(":")
    known = all(part in days for part in parts) and len(parts) <= 2
    if not known or (len(parts) == 2 and days.index(parts[0]) > days.index(parts[1])):
        raise Malformed(
            "WK109",
            f"{quoted(text)} is not a weekday or a range of weekdays",
            "write saturday, or monday:friday; the week starts on sunday",
        )
    return text


def zone(text: str) -> str:
    """Return a time zone that this machine's zone data knows; without such data any well-formed name."""
    from zoneinfo import available_timezones

    known = available_timezones()
    if text != "UTC" and known and text not in known:
        remedy = did_you_mean(text, sorted(known), "write UTC or Europe/Berlin")
        raise Malformed("WK109", f"{quoted(text)} is not a known time zone", remedy)
    return text


def moment(text: str) -> datetime:
    """Return a date and a time, to the minute; it has a zone where the text has one."""
    match = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})(:00)?(Z|[+-][0-9]{2}:[0-9]{2})?", text
    )
    try:
        if match is None:
            raise ValueError(text)
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}{(match[4] or '').replace('Z', '+00:00')}")
    except ValueError:
        remedy = "write 2026-12-05 22:00, or 2026-12-05T22:00+01:00"
        raise Malformed("WK109", f"{quoted(text)} is not a date and a time", remedy) from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Malformed(
            "WK109", f"{quoted(text)} is not within {_FIRST_YEAR} and {_LAST_YEAR}", "check the year"
        )
    return found
