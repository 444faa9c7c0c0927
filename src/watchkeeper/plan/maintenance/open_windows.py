"""The recorded series that shows when a window of planned work is open, one rule a window.

PromQL knows only UTC, so a rule computes the clock of its time zone from the yearly changes. Nothing has to be rendered
again for next year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.maintenance import WEEKDAYS, Maintenance, WeeklyTime
from watchkeeper.model.zone_clock import DAY, Shift, ZoneClock
from watchkeeper.plan.maintenance.window_rule import WindowRule

Pairs = tuple[tuple[str, str], ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def window_rules(
    windows: Sequence[Maintenance], service: str, team: str, *, early: int
) -> tuple[WindowRule, ...]:
    """Return the rules of a service's windows, after those of the clocks that they read.

    Each is 1 from `early` seconds before the window until its end: other rules run at other moments, and must know it
    when it begins.
    """
    own = (("service", service), ("team", team))
    clocks = {window.location: window.clock for window in windows if window.clock.shifts}
    return (
        *(
            WindowRule(
                record=naming.MAINTENANCE_CLOCK,
                expr=clock_expr(clock),
                comment=f"What the clock of {location} shows, in seconds since its own 1970.",
                labels=(*own, ("location", location)),
            )
            for location, clock in clocks.items()
        ),
        *(
            rule
            for window in windows
            for rule in _of_window(window, service, (*own, *_said(window)), early=early)
        ),
    )


def _said(window: Maintenance) -> Pairs:
    return ("maintenance", window.name), ("reason", window.reason), ("author", window.author)


def _of_window(window: Maintenance, service: str, labels: Pairs, *, early: int) -> Iterator[WindowRule]:
    yield WindowRule(
        record=naming.MAINTENANCE_OPEN,
        expr=open_expr(window, service, early=early),
        comment=f"{window.name}: {when(window)}. {window.reason} ({window.author}).",
        labels=labels,
    )
    yield WindowRule(
        record=naming.MAINTENANCE_ENDS,
        expr=ends_expr(window, service, early=early),
        comment=f"When {window.name} ends, while it is open.",
        labels=labels,
    )


def clock_expr(clock: ZoneClock) -> str:
    """Return PromQL for what a clock shows, in seconds since its own 1970."""
    moved = "".join(
        f"\n{'+' if shift.moves > 0 else '-'}\n{abs(shift.moves)} * {_has_come(shift, clock.offset)}"
        for shift in clock.shifts
    )
    return f"{_now(clock.offset)}{moved}"


def open_expr(window: Maintenance, service: str, *, early: int = 0) -> str:
    """Return PromQL that is 1 while the window is open, and has no value otherwise."""
    if window.span is not None:
        start, end = window.span
        return f"vector(1)\nand\n(vector(time()) >= {start - early} < {end})"
    parts = [_weekly(part, window, service, early) for part in window.weekly]
    if len(parts) == 1:
        return f"vector(1)\nand\n{parts[0]}"
    return "vector(1)\nand\n(\n  {}\n)".format("\n  or\n  ".join(parts))


def ends_expr(window: Maintenance, service: str, *, early: int = 0) -> str:
    """Return PromQL for the end of an open window in Unix seconds, by the clock of now."""
    if window.span is not None:
        of = (("service", "=", service), ("maintenance", "=", window.name))
        return f"{window.span[1]} * max({selector(naming.MAINTENANCE_OPEN, of)})"
    parts = (
        f"({_now(part.length + early)} - {_weekly(part, window, service, early)})" for part in window.weekly
    )
    return "\nor\n".join(parts)


def _weekly(part: WeeklyTime, window: Maintenance, service: str, early: int) -> str:
    """Return PromQL for the seconds since a weekly time began, with no value outside of it.

    It reads a clock on which the day begins when the time does.
    """
    further = early - part.start
    if window.clock.shifts:
        of = (("service", "=", service), ("location", "=", window.location))
        shown = f"(max({selector(naming.MAINTENANCE_CLOCK, of)}){_signed(further)})"
    else:
        shown = _now(window.clock.offset + further)
    in_time = f"({shown} % {DAY} < {part.length + early})"
    if len(part.days) == len(WEEKDAYS):
        return in_time
    days = " or ".join(f"day_of_week({shown}) {_between(first, last)}" for first, last in _runs(part.days))
    return f"({in_time} and ({days}))"


def _between(first: int, last: int) -> str:
    return f"== {first}" if first == last else f">= {first} <= {last}"


def _runs(days: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return days as spans of neighbours."""
    found: list[tuple[int, int]] = []
    for day in days:
        if found and day == found[-1][1] + 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _now(further: int) -> str:
    return f"vector(time(){_signed(further)})"


def _signed(seconds: int) -> str:
    return f" {'+' if seconds > 0 else '-'} {abs(seconds)}" if seconds else ""


def _has_come(shift: Shift, offset: int) -> str:
    """Return PromQL that is 1 when the change of this year is over, else 0; it mirrors `Shift.has_come`."""
    year, at = _now(offset), _now(shift.ahead)
    date = f"month({at}) * 100 + day_of_month({at}) - (day_of_week({at}) + {7 - shift.weekday}) % 7"
    is_over = f"({date} >= bool {shift.month * 100 + shift.day})"
    return f"((month({year}) > bool {shift.month}) + (month({year}) == bool {shift.month}) * {is_over})"


def when(window: Maintenance) -> str:
    """Return in words when a window is open."""
    if window.span is not None:
        start, end = map(_written, window.span)
        return f"{start} to {end} UTC"
    parts = (
        f"{_days(part.days)} {_clock(part.start)} to {_clock((part.start + part.length) % DAY) if part.length < DAY else '24:00'}"
        for part in window.weekly
    )
    return f"{' and '.join(parts)}, {window.location}"


def _written(at: int) -> str:
    return (_EPOCH + timedelta(seconds=at)).strftime("%Y-%m-%d %H:%M")


def _days(days: tuple[int, ...]) -> str:
    if len(days) == len(WEEKDAYS):
        return "every day"
    return ", ".join(
        WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]} to {WEEKDAYS[last]}"
        for first, last in _runs(days)
    )


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
