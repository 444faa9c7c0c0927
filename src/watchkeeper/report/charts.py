"""Coordinates of the report's two charts; the template draws them as SVG."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from watchkeeper.report.daily_figures import Day, is_over
from watchkeeper.report.objective_figures import ObjectiveFigures
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod
from watchkeeper.report.words import percent

WIDTH, HEIGHT, LEFT, TOP, BELOW = 640, 200, 52, 12, 24
_DEEPEST = -1.0
CELL = 22
_QUARTER = 15


@dataclass(frozen=True, slots=True)
class BurnDown:
    """The budget over the period: paths of the line and of incidents, ticks with their text, and a sentence."""

    line: str
    ideal: str
    zero: float
    bands: tuple[tuple[float, float], ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class DayMark:
    """All days of one kind: one path of squares, and one sign in each."""

    kind: str
    squares: str
    x: str
    y: str
    signs: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days as squares, a column a week from Monday; `weeks` are x and text of the first day of some columns.

    One of more than a quarter `is_long`: it needs a line of its own, and on a phone it scrolls.
    """

    width: int
    is_long: bool
    marks: tuple[DayMark, ...]
    weeks: tuple[tuple[int, str], ...]
    sentence: str


def burn_down(one: ObjectiveFigures, period: ReportingPeriod) -> BurnDown | None:
    """Return the chart of an objective's budget; None without one."""
    if not one.burn_down:
        return None
    lowest = max(_DEEPEST, min(0.0, *(left for _, left in one.burn_down)))
    inner = WIDTH - LEFT - 8

    def x(when: float) -> float:
        return round(LEFT + (when - period.start) / period.seconds * inner, 1)

    def y(left: float) -> float:
        depth = (1 - max(left, lowest)) / (1 - lowest)
        return round(TOP + depth * (HEIGHT - TOP - BELOW), 1)

    points = " ".join(f"{x(when):g},{y(left):g}" for when, left in one.burn_down)
    last = one.burn_down[-1][1]
    # Labels say whole days, hours or rollups.
    whole = next((unit for unit in (86_400, 3_600) if period.seconds >= 4 * unit), ROLLUP)
    days = [period.start + index * period.seconds // 4 // whole * whole for index in range(4)]
    return BurnDown(
        line=points,
        ideal=f"{x(period.start):g},{y(1):g} {x(period.end):g},{y(0):g}",
        zero=y(0),
        bands=tuple(
            (x(each.start), max(1.0, round(x(each.until) - x(each.start), 1))) for each in one.listed
        ),
        y_ticks=tuple((y(left), percent(left)) for left in sorted({1.0, 0.5, 0.0, lowest})),
        x_ticks=tuple(
            (x(when), period.local(when).strftime("%m-%d" if period.seconds > 172_800 else "%H:%M"))
            for when in days
        ),
        sentence=f"The budget begins with 100% and ends with {percent(last)}. One dashed line spends it evenly; the "
        f"other is the objective, which is {'missed' if last < 0 else 'kept'}.",
    )


def calendar(one: ObjectiveFigures, target: Decimal | None) -> Calendar | None:
    """Return the days of an objective as a calendar, judged by a target; None for less than two days."""
    if len(one.days) < 2 or target is None:
        return None
    first = date.fromisoformat(one.days[0].date)
    monday = first - timedelta(days=first.weekday())
    places = {day.date: divmod((date.fromisoformat(day.date) - monday).days, 7) for day in one.days}
    kinds = {day.date: _kind(day, target) for day in one.days}
    columns = 1 + max(column for column, _ in places.values())
    marks = tuple(
        _mark(kind, sign, [places[key] for key in sorted(places) if kinds[key] == kind])
        for kind, sign in (("good", "✔"), ("over", "✘"), ("none", "–"))
    )
    weeks = tuple(
        (30 + column * CELL, (monday + timedelta(weeks=column)).strftime("%m-%d"))
        for column in range(0, columns, 2)
    )
    over = sum(kind == "over" for kind in kinds.values())
    sentence = f"{over} of {len(kinds)} days had more bad events than the target allows."
    width = 46 + columns * CELL
    return Calendar(width, columns > _QUARTER, tuple(mark for mark in marks if mark.signs), weeks, sentence)


def _kind(day: Day, target: Decimal) -> str:
    if day.error_ratio is None:
        return "none"
    return "over" if is_over(day.error_ratio, target) else "good"


def _mark(kind: str, sign: str, places: Iterable[tuple[int, int]]) -> DayMark:
    corners = [(30 + column * CELL, 18 + row * CELL) for column, row in places]
    side = CELL - 3
    return DayMark(
        kind,
        "".join(f"M{x} {y}h{side}v{side}h-{side}z" for x, y in corners),
        " ".join(str(x + 5) for x, _ in corners),
        " ".join(str(y + 14) for _, y in corners),
        sign * len(corners),
    )
