"""Coordinates and texts of the golden signals' charts; the template draws them as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final

from watchkeeper.front_page.golden_signals import Points, Signal, Span, Unit
from watchkeeper.overview.numbers_text import count, objective_text, percent

WIDTH: Final = 300
HEIGHT: Final = 96
TOP: Final = 6
BOTTOM: Final = 80
# The least height of a chart: without it, one failed request in a million would look like an outage.
_LEAST: Final[dict[Unit, float]] = {"per second": 1.0, "share": 0.01, "seconds": 0.01}


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its name, with what it is now, as an SVG path."""

    name: str
    now: str
    path: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """What an objective allows, as a dashed line at `y` with its text at `text_y`, on the right if it `is_high`."""

    y: float
    text_y: float
    is_high: bool
    text: str


@dataclass(frozen=True, slots=True)
class SignalChart:
    """One chart. `top` is the value of its upper end, `ticks` are times by x, `sentence` says what it shows."""

    title: str
    lines: tuple[Line, ...]
    top: str
    ticks: tuple[tuple[int, str], ...]
    sentence: str
    limit: LimitLine | None


def signal_charts(
    signals: Iterable[Signal], span: Span, limits: Mapping[str, float]
) -> tuple[SignalChart, ...]:
    """Return the charts of a service; `limits` are by title what its objectives allow, in the chart's unit."""
    return tuple(_chart(one, span, limits.get(one.title)) for one in signals)


def _chart(signal: Signal, span: Span, limit: float | None) -> SignalChart:
    highest = max((value for _, points in signal.lines for _, value in points), default=0.0)
    # The limit is always on the chart: how far away it is is what a reader asks first.
    top = nice_top(max(highest, limit or 0.0, _LEAST[signal.unit]))
    lines = tuple(
        Line(name, _text(points[-1][1], signal.unit), _path(points, span, top))
        for name, points in signal.lines
    )
    shown = (
        f"{name} {line.now} now, at most {_text(max(value for _, value in points), signal.unit)}"
        for (name, points), line in zip(signal.lines, lines, strict=True)
    )
    return SignalChart(
        signal.title,
        lines,
        _text(top, signal.unit),
        tuple(_ticks(span)),
        f"{signal.title} in the last {span.seconds // 60} minutes: {'; '.join((*shown, *_kept(signal, limit)))}",
        None if limit is None else _limit_line(limit, top, signal.unit),
    )


def _kept(signal: Signal, limit: float | None) -> Iterator[str]:
    """Yield in words how the line is to its limit, for those who do not see it."""
    if limit is not None:
        now = max(points[-1][1] for _, points in signal.lines)
        yield f"the objective allows {_limit_text(limit, signal.unit)}, and now it is {'over' if now > limit else 'within'}"


def _limit_line(limit: float, top: float, unit: Unit) -> LimitLine:
    y = _height(limit, top)
    # The upper end has its own text on the left, and the newest points are on the right.
    is_high = y < (TOP + BOTTOM) / 2
    return LimitLine(y, y + 12 if is_high else y - 4, is_high, f"objective {_limit_text(limit, unit)}")


def _limit_text(limit: float, unit: Unit) -> str:
    return objective_text(limit) if unit == "share" else _text(limit, unit)


def nice_top(highest: float) -> float:
    """Return the next of 1, 2, 5, 10 at or above a positive number."""
    power = 10.0 ** math.floor(math.log10(highest))
    return next((step * power for step in (1, 2, 5) if highest <= step * power * (1 + 1e-9)), 10 * power)


def _path(points: Points, span: Span, top: float) -> str:
    """Return an SVG path that is broken where points are missing; a lonely point is a dot."""
    pieces: list[list[str]] = []
    last = -math.inf
    for when, value in points:
        x = WIDTH * (when - span.start) / span.seconds
        y = _height(value, top)
        if when - last > 2.5 * span.step:
            pieces.append([])
        pieces[-1].append(f"{x:.1f},{y:.1f}")
        last = when
    return "".join(_piece(piece) for piece in pieces)


def _height(value: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * min(value / top, 1.0), 1)


def _piece(piece: Sequence[str]) -> str:
    return f"M{piece[0]}" + (f"L{' '.join(piece[1:])}" if len(piece) > 1 else "h.1")


def _ticks(span: Span) -> Iterator[tuple[int, str]]:
    for half in range(3):
        when = datetime.fromtimestamp(span.start + half * span.seconds // 2, timezone.utc)
        yield half * WIDTH // 2, f"{when:%H:%M}"


def _text(value: float, unit: Unit) -> str:
    if unit == "share":
        return percent(value) if value < 0.1 else f"{value:.0%}"
    if unit == "per second":
        return f"{count(value)}/s"
    if value < 1:
        return f"{1000 * value:.0f} ms" if value >= 0.01 else f"{1000 * value:.1f} ms"
    return f"{value:.1f} s"
