"""The recorded beginning and length of the months and quarters in which a service has objectives.

PromQL knows the dates of UTC. Added to what the clock of a time zone shows, they are the dates of that zone; a clock of
seconds since its own 1970 needs no further arithmetic. Nothing has to be rendered again for the next month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.calendar_window import LONGEST, CalendarWindow
from watchkeeper.model.zone_clock import DAY
from watchkeeper.plan.calendar.calendar_series import CalendarSeries, Pairs
from watchkeeper.plan.maintenance.open_windows import clock_expr
from watchkeeper.plan.maintenance.window_rule import WindowRule

# Four weeks before the first day of a month are in the month before, and eight weeks in the one before that.
_FOUR_WEEKS = 28 * DAY


def calendar_rules(windows: Iterable[CalendarWindow], service: str, team: str) -> tuple[WindowRule, ...]:
    """Return the rules of a service's months and quarters, each after those that it reads."""
    distinct = {(one.unit, one.location): one for one in windows}
    clocks = {one.location: one for one in distinct.values() if one.clock.shifts}
    own = (("service", service), ("team", team))
    return (
        *(_clock(one, own) for one in clocks.values()),
        *(rule for one in distinct.values() for rule in _of_window(one, service, team)),
    )


def _clock(window: CalendarWindow, own: Pairs) -> WindowRule:
    return WindowRule(
        record=naming.CALENDAR_CLOCK,
        expr=clock_expr(window.clock),
        comment=f"What the clock of {window.location} shows, in seconds since its own 1970.",
        labels=(*own, ("location", window.location)),
    )


def _of_window(window: CalendarWindow, service: str, team: str) -> Iterator[WindowRule]:
    series = CalendarSeries(service, window)
    first, following = (_recorded(name, series) for name in (naming.CALENDAR_FIRST, naming.CALENDAR_NEXT))
    on_clock = f"by the clock of {window.location}"
    # The days of the longest one lead from any first day into the next month or quarter.
    later = f"({first} + {int(LONGEST[window.unit].seconds)})"
    rules = (
        (
            naming.CALENDAR_FIRST,
            first_day_expr(window, service),
            f"The first day of the {window.unit}, {on_clock}.",
        ),
        (
            naming.CALENDAR_NEXT,
            _first_of_month(later, is_midnight=True),
            f"The first day of the next {window.unit}, {on_clock}.",
        ),
        (naming.CALENDAR_BEGINS, _moment(window, first), f"When the {window.unit} began, in Unix seconds."),
        (
            naming.CALENDAR_SECONDS,
            f"{_moment(window, following)} - {series.begins}",
            f"The seconds of the {window.unit}, until the next one begins.",
        ),
    )
    for record, expr, comment in rules:
        yield WindowRule(record=record, expr=expr, comment=comment, labels=(*series.labels, ("team", team)))


def _recorded(name: str, series: CalendarSeries) -> str:
    return f"max({selector(name, tuple((label, '=', value) for label, value in series.labels))})"


def first_day_expr(window: CalendarWindow, service: str) -> str:
    """Return PromQL for midnight of the first day, by a clock that counts from its own 1970."""
    if window.clock.shifts:
        of = (("service", "=", service), ("location", "=", window.location))
        shown = f"max({selector(naming.CALENDAR_CLOCK, of)})"
    else:
        shown = f"vector(time(){_signed(window.clock.offset)})"
    month = _first_of_month(shown)
    if window.unit == "month":
        return month
    return _first_of_month(f"({month} - (month({shown}) - 1) % 3 * {_FOUR_WEEKS})", is_midnight=True)


def _first_of_month(shown: str, *, is_midnight: bool = False) -> str:
    day = shown if is_midnight else f"{shown} - {shown} % {DAY}"
    return f"{day} - (day_of_month({shown}) - 1) * {DAY}"


def _moment(window: CalendarWindow, first: str) -> str:
    """Return PromQL for the Unix time of a first day at midnight; no clock is moved on the first day of a month."""
    moved = "".join(
        f" {'-' if shift.moves > 0 else '+'} {abs(shift.moves)} * (month({first}) > bool {shift.month})"
        for shift in window.clock.shifts
    )
    return f"{first}{_signed(-window.clock.offset)}{moved}"


def _signed(seconds: int) -> str:
    return f" {'+' if seconds > 0 else '-'} {abs(seconds)}" if seconds else ""
