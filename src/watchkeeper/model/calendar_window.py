"""A window that follows the calendar: the month or the quarter that the clock of a time zone shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

from watchkeeper.model.duration import Duration
from watchkeeper.model.zone_clock import DAY, ZoneClock

Unit = Literal["month", "quarter"]
MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3}
LONGEST: dict[Unit, Duration] = {"month": Duration.parse("31d"), "quarter": Duration.parse("92d")}
"""The days of the longest one; those in which the clock is set back have an hour more."""
_LENGTHS: dict[str, Duration] = {str(unit): length for unit, length in LONGEST.items()}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def window_length(name: str) -> Duration:
    """Return the length of a window as the names of series have it, the longest of a month; raise ValueError."""
    return _LENGTHS[name] if name in _LENGTHS else Duration.parse(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWindow:
    """The month or quarter by the clock of `location`, a name of the time zone database."""

    unit: Unit
    location: str
    clock: ZoneClock

    @property
    def words(self) -> str:
        """Return what texts that outlast a month call it."""
        return f"a calendar {self.unit} ({self.location})"

    def span(self, at: float) -> tuple[int, int]:
        """Return where the month or quarter of a moment begins and ends, in Unix seconds."""
        first = self._first(at)
        months = first.year * 12 + first.month - 1 + MONTHS[self.unit]
        following = first.replace(year=months // 12, month=months % 12 + 1)
        return self._moment(first), self._moment(following)

    def name_at(self, at: float) -> str:
        """Return the name of the month or quarter of a moment, such as `October 2026, Europe/Berlin`."""
        first = self._first(at)
        name = f"{first:%B}" if self.unit == "month" else f"Q{first.month // 3 + 1}"
        return f"{name} {first.year}, {self.location}"

    def _first(self, at: float) -> datetime:
        shown = _EPOCH + timedelta(seconds=int(at) + self.clock.ahead(at))
        month = (shown.month - 1) // MONTHS[self.unit] * MONTHS[self.unit] + 1
        return datetime(shown.year, month, 1, tzinfo=timezone.utc)

    def _moment(self, first: datetime) -> int:
        return self.clock.moment((first - _EPOCH).days * DAY)
