"""The samples of a scenario in promtool's notation: counters and gauges that follow its phases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from watchkeeper.plan.proofs.timeline import Phase, Timeline

# High enough that increase() extrapolates to the left as for an old counter; 0 is a new counter.
GROWN = 1_000_000
_DIGITS = Decimal("0.000000001")
FIRST, SECOND, THIRD = "proof:8000", "second:8000", "third:8000"
_SHARES = ((FIRST, Decimal("0.75")), (SECOND, Decimal("0.25")))

Kind = Literal[
    "counter", "gauge", "up", "decoy_up", "constant", "level", "level_counter", "native", "companion"
]
Role = tuple[Kind, int, int, str, Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Series:
    """One input series. A counter grows by `good` and `bad` parts of the good and bad events; a gauge shows
    `good` parts of the healthy share and `bad` parts of the bad one; `up` shows whether the target answers.

    `decoy_up` is another service's, which is away while the metric is missing: only this shows that the alert about
    a missing metric asks for its own service.

    `share` is a counter's part of all events. `constant` has one value in every phase. A `level` is a gauge between
    `low`, when nothing is bad, and `high`, when everything is; a `level_counter` grows by as much a second. A `native`
    histogram grows like a counter; its `value` is the layout of its buckets. A `companion` is another value of an
    objective's label, of which nothing is bad; its `value` is how it grows.
    """

    text: str
    kind: Kind
    good: int = 0
    bad: int = 0
    value: str = "0"
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    share: Decimal = Decimal(1)

    @property
    def role(self) -> Role:
        """Return everything but its text; series of other names may have the same role."""
        return (self.kind, self.good, self.bad, self.value, self.low, self.high, self.share)

    @property
    def vanishes_with_metric(self) -> bool:
        """Return whether it vanishes with the metric, and not only with the target."""
        return self.kind in ("counter", "gauge", "native")


def values(series: Series, timeline: Timeline, interval: int, *, start: int) -> str:
    """Return the samples of a series over the whole scenario, one per interval; counters begin at `start`.

    A scrape at the end of a phase belongs to the phase: it shows what happened since the previous scrape. No phase is
    shorter than the interval.
    """
    if series.kind == "constant":
        return f"{series.value}x{timeline.end // interval}"
    parts: list[str] = []
    level, now = Decimal(start), Observed(Decimal(start))
    for index, phase in enumerate(timeline.phases):
        # By the clock: where a phase is not a whole number of scrapes, the rests must not add up.
        begins = timeline.starts[index]
        count = (begins + phase.seconds) // interval - begins // interval + (index == 0)
        if series.kind == "up":
            parts.append(_repeated(str(int(phase.up)), count))
        elif series.kind == "decoy_up":
            parts.append(_repeated(str(int(phase.present)), count))
        elif not phase.up or not phase.present or phase.previous_labels:
            parts.append(_gone(count, first=index == 0))
        elif series.kind in ("gauge", "level"):
            parts.append(_repeated(_plain(_shown(series, phase)), count))
        elif series.kind == "native":
            now = Observed() if phase.reset else now
            now = now.grown(series, phase, interval, parts, count, is_first=index == 0)
        else:
            level = Decimal(0) if phase.reset else level
            step = _step(series, phase, interval)
            first = level if index == 0 else level + step
            parts.append(f"{_plain(first)}+{_plain(step)}x{count - 1}")
            level = first + step * (count - 1)
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a native histogram has counted: observations in its good and in its bad bucket."""

    good: Decimal = Decimal(0)
    bad: Decimal = Decimal(0)

    def text(self, layout: str) -> str:
        """Return the histogram in promtool's notation."""
        good, bad = _plain(self.good), _plain(self.bad)
        return layout.format(good=good, bad=bad, count=_plain(self.good + self.bad))

    def growing(self, step: Observed, layout: str) -> str:
        """Return the start of a series that grows by `step` from sample to sample."""
        return f"{self.text(layout)}+{step.text(layout)}"

    def grown(
        self, series: Series, phase: Phase, interval: int, parts: list[str], count: int, *, is_first: bool
    ) -> Observed:
        """Add the samples of a phase to `parts`, and return what has been counted at its end."""
        events = Decimal(repr(phase.rate)) * interval * series.share
        bad = events * Decimal(repr(phase.ratio))
        first = self if is_first else Observed(self.good + events - bad, self.bad + bad)
        more = count - 1
        parts.append(f"{first.growing(Observed(events - bad, bad), series.value)}x{more}")
        return Observed(first.good + (events - bad) * more, first.bad + bad * more)


def growing(series: Series, step: int, start: int = 0) -> str:
    """Return the start of a counter or native histogram of which nothing is bad, growing by `step` from sample to sample."""
    if series.kind == "native":
        return Observed(Decimal(start)).growing(Observed(Decimal(step)), series.value)
    return f"{start}+{step * series.good}"


def alert_values(spans: Iterable[tuple[int, int]], interval: int) -> str:
    """Return the samples of an alert that is there from one instant to another, each time, and ends in between."""
    parts: list[str] = []
    shown = 0
    for begin, end in spans:
        first, last = begin // interval, end // interval
        parts += _absent(first - shown, is_over=bool(parts))
        parts.append(f"1x{last - first}")
        shown = last + 1
    return " ".join([*parts, "stale"])


def _absent(count: int, *, is_over: bool) -> list[str]:
    if not count:
        return []
    return [_gone(count, first=False)] if is_over else [f"_x{count}"]


def previous_labels_values(value: float, timeline: Timeline, interval: int, step: int) -> str:
    """Return what the rules recorded every `step` seconds under their previous labels, and nothing after."""
    until = sum(phase.seconds for phase in timeline.phases if phase.previous_labels)
    gap = [f"_x{step // interval - 1}"] if step // interval > 1 else []
    one = " ".join([f"{value:.12g}", *gap])
    return " ".join(["_", *gap, *[one] * (until // step - 1), f"{value:.12g}", "stale"])


def rollup_values(timeline: Timeline, interval: int, *, bad: bool, previous_labels: bool) -> str:
    """Return the rollups of bad or of all events a second, as far as they were recorded under these labels."""
    parts = []
    for index, phase in enumerate(timeline.phases):
        count = phase.seconds // interval + (index == 0)
        shown = phase.rate * (phase.ratio if bad else 1.0)
        parts.append(
            _repeated(f"{shown:.12g}", count) if phase.previous_labels == previous_labels else f"_x{count}"
        )
    return " ".join(parts)


def on_two_targets(found: Iterable[Series]) -> Iterator[Series]:
    """Yield counters for two targets, one with three times as many events; other series unchanged."""
    for one in found:
        if one.kind not in ("counter", "native") or FIRST not in one.text:
            yield one
            continue
        for target, share in _SHARES:
            yield replace(one, text=one.text.replace(FIRST, target), share=one.share * share)


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
    events = Decimal(repr(phase.rate)) * interval * series.share
    bad = events * Decimal(repr(phase.ratio))
    return series.good * (events - bad) + series.bad * bad


def _plain(value: Decimal) -> str:
    text = format(value.quantize(_DIGITS), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
