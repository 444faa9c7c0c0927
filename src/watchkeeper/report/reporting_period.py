"""The period of a report: a calendar month or quarter, two moments, or the time before now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchkeeper.export.period import moment
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE

Kind = Literal["month", "quarter", "span", "window"]
ROLLUP = int(TILE.seconds)
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(20[0-9]{2})-[Qq]([1-4])")
_LONGEST = 400 * 86_400


@dataclass(frozen=True, slots=True)
class ReportingPeriod:
    """From `start` to `end`, in Unix seconds; `until` is how far it is known, before `end` while it still runs.

    Rollups count where they begin, so a period is known one rollup after its end. All three are multiples of a rollup.
    `zone` is a name of the time zone database.
    """

    kind: Kind
    name: str
    start: int
    end: int
    until: int
    zone: str

    @property
    def is_running(self) -> bool:
        """Return whether a part of the period is still to come."""
        return self.until < self.end

    @property
    def seconds(self) -> int:
        """Return the length of the whole period."""
        return self.end - self.start

    @property
    def elapsed(self) -> int:
        """Return the length of the part that is known."""
        return self.until - self.start

    def local(self, when: float) -> datetime:
        """Return a moment in the period's time zone."""
        return datetime.fromtimestamp(when, ZoneInfo(self.zone))

    def days(self) -> Iterator[tuple[str, int, int]]:
        """Yield date, start and end of each known day, in the period's time zone; the first and last may be cut."""
        day = self.local(self.start).replace(hour=0, minute=0, second=0, fold=0)
        while (start := int(day.timestamp())) < self.until:
            # Adding a day keeps the wall clock, so a day may have 23 or 25 hours.
            following = day + timedelta(days=1)
            yield f"{day:%Y-%m-%d}", max(start, self.start), min(int(following.timestamp()), self.until)
            day = following

    def previous(self) -> ReportingPeriod:
        """Return the period of the same kind that ends where this one begins."""
        if self.kind in ("month", "quarter"):
            begin = self.local(self.start)
            months = 1 if self.kind == "month" else 3
            first = _months_later(begin, -months)
            name = _calendar_name(self.kind, first)
            start = int(first.timestamp())
        else:
            start = self.start - self.seconds
            name = f"the {Duration(self.seconds * 1000)} before"
        return ReportingPeriod(self.kind, name, start, self.start, self.start, self.zone)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The period as the user wrote it; None for what was not given."""

    month: str | None = None
    quarter: str | None = None
    start: str | None = None
    end: str | None = None
    window: str | None = None
    zone: str = "UTC"


def reporting_period(wanted: Wanted, *, at: float) -> ReportingPeriod:
    """Return the period as it is known at a moment; raise ValueError with a sentence for the user."""
    zone = time_zone(wanted.zone)
    known = int(at) // ROLLUP * ROLLUP - ROLLUP
    found = _of_calendar(wanted, zone, known) or _of_moments(wanted, zone, at, known)
    if found.start >= found.end:
        raise ValueError("the period is empty: --from is not before --to")
    if found.seconds > _LONGEST:
        raise ValueError("the period is longer than 400 days; choose a shorter one")
    if at < found.start:
        raise ValueError(f"{found.name} has not begun at the time of the report; choose an earlier period")
    if found.until <= found.start:
        raise ValueError(f"{found.name} has no record yet at the time of the report; wait ten minutes")
    return found


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name; raise ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is no time zone of this machine; write UTC or Europe/Berlin (pip install tzdata adds them)"
        ) from error


def _of_calendar(wanted: Wanted, zone: ZoneInfo, known: int) -> ReportingPeriod | None:
    kind: Kind
    if wanted.month is not None:
        match, kind, months = _MONTH.fullmatch(wanted.month), "month", 1
        if match is None:
            raise ValueError(f"--month: {wanted.month!r} is no month; write 2026-10")
        first = datetime(int(match[1]), int(match[2]), 1, tzinfo=zone)
    elif wanted.quarter is not None:
        match, kind, months = _QUARTER.fullmatch(wanted.quarter), "quarter", 3
        if match is None:
            raise ValueError(f"--quarter: {wanted.quarter!r} is no quarter; write 2026-Q4")
        first = datetime(int(match[1]), 3 * int(match[2]) - 2, 1, tzinfo=zone)
    else:
        return None
    end = int(_months_later(first, months).timestamp())
    return ReportingPeriod(
        kind, _calendar_name(kind, first), int(first.timestamp()), end, min(known, end), str(zone)
    )


def _of_moments(wanted: Wanted, zone: ZoneInfo, at: float, known: int) -> ReportingPeriod:
    if wanted.start is None and wanted.end is None:
        length = _window(wanted.window or "30d")
        return ReportingPeriod(
            "window", f"the last {length}", known - length.milliseconds // 1000, known, known, str(zone)
        )
    start = _whole(_moment("--from", wanted.start or "-30d", at, zone))
    end = _whole(_moment("--to", wanted.end or "now", at, zone))
    # What ends now ends where the record does, and does not run.
    end = known if start < known < end <= at else end
    name = f"{_day(start, zone)} to {_day(end, zone)}"
    return ReportingPeriod("span", name, start, end, min(known, end), str(zone))


def _window(text: str) -> Duration:
    try:
        found = Duration.parse(text)
    except ValueError:
        found = Duration(0)
    if found < TILE or found.milliseconds % TILE.milliseconds:
        raise ValueError(f"--window: {text!r} is not a duration in steps of 5m; write 1h, 7d or 30d")
    return found


def _moment(flag: str, text: str, at: float, zone: ZoneInfo) -> float:
    try:
        return moment(text, now=at, zone=zone)
    except ValueError as error:
        raise ValueError(f"{flag}: {error}") from error


def _whole(when: float) -> int:
    return int(when) // ROLLUP * ROLLUP


def _day(when: float, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(when, zone)
    return local.strftime("%Y-%m-%d" if (local.hour, local.minute) == (0, 0) else "%Y-%m-%d %H:%M")


def _calendar_name(kind: Kind, first: datetime) -> str:
    return f"{first:%Y-%m}" if kind == "month" else f"{first.year}-Q{(first.month + 2) // 3}"


def _months_later(first: datetime, months: int) -> datetime:
    index = first.year * 12 + first.month - 1 + months
    return first.replace(year=index // 12, month=index % 12 + 1)
