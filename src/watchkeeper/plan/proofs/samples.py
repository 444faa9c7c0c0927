"""What a scrape sees in a story, in promtool's notation: counters and gauges that follow its phases."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper.plan.proofs.timeline import Phase, Timeline

# High enough that increase() extrapolates to the left as it does in a grown counter; 0 is a newborn one.
GROWN = 1_000_000
_DIGITS = Decimal("0.000000001")

Kind = Literal["counter", "gauge", "up", "constant", "level", "level_counter"]
Role = tuple[Kind, int, int, str, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Series:
    """One input series. A counter grows by `good` and `bad` parts of the good and bad events; a gauge shows
    `good` parts of the healthy share and `bad` parts of the bad one; `up` tells whether the target answers.

    `constant` stands still in every phase. A `level` is a gauge between `low`, when nothing is bad, and `high`, when
    everything is; a `level_counter` grows by as much a second.
    """

    text: str
    kind: Kind
    good: int = 0
    bad: int = 0
    value: str = "0"
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)

    @property
    def role(self) -> Role:
        """Return everything but its text: what it does, which series of other names may do too."""
        return (self.kind, self.good, self.bad, self.value, self.low, self.high)

    @property
    def tells_presence(self) -> bool:
        """Return whether it vanishes with the metric, and not only with the target."""
        return self.kind in ("counter", "gauge")


def values(series: Series, timeline: Timeline, interval: int, *, start: int) -> str:
    """Return the samples of a series over the whole story, one an interval; counters begin at `start`.

    A scrape at the end of a phase belongs to it: it shows what happened since the scrape before.
    """
    if series.kind == "constant":
        return f"{series.value}x{timeline.end // interval}"
    words: list[str] = []
    level = Decimal(start)
    for index, phase in enumerate(timeline.phases):
        count = phase.seconds // interval + (index == 0)
        if series.kind == "up":
            words.append(_repeated(str(int(phase.up)), count))
        elif not phase.up or not phase.present:
            words.append(_gone(count, first=index == 0))
        elif series.kind in ("gauge", "level"):
            words.append(_repeated(_plain(_shown(series, phase)), count))
        else:
            level = Decimal(0) if phase.reset else level
            step = _step(series, phase, interval)
            first = level if index == 0 else level + step
            words.append(f"{_plain(first)}+{_plain(step)}x{count - 1}")
            level = first + step * (count - 1)
    return " ".join(words)


def _repeated(value: str, count: int) -> str:
    return f"{value}x{count - 1}"


def _gone(count: int, *, first: bool) -> str:
    head = "_" if first else "stale"
    return head if count == 1 else f"{head} _x{count - 1}"


def _shown(series: Series, phase: Phase) -> Decimal:
    bad = Decimal(repr(phase.ratio))
    if series.kind == "gauge":
        return series.good * (1 - bad) + series.bad * bad
    return series.low + (series.high - series.low) * bad


def _step(series: Series, phase: Phase, interval: int) -> Decimal:
    if series.kind == "level_counter":
        return _shown(series, phase) * interval
    events = Decimal(repr(phase.rate)) * interval
    bad = events * Decimal(repr(phase.ratio))
    return series.good * (events - bad) + series.bad * bad


def _plain(value: Decimal) -> str:
    text = format(value.quantize(_DIGITS), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
