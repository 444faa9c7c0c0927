"""The arithmetic of the table: what a cycle costs, and how many times more something else costs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from watchkeeper.model.duration import Duration

from .subject import CYCLE, RuleGroup


@dataclass(frozen=True, slots=True)
class Cost:
    """What the rules of one kind cost in a cycle of 30 s: samples read, seconds of evaluation, number of rules."""

    samples: float
    seconds: float
    rules: int


@dataclass(frozen=True, slots=True)
class GroupCost:
    """What one evaluation of one group cost: samples by rule, and the seconds of several evaluations."""

    every: float
    samples: Sequence[int]
    seconds: Sequence[float]


def every(group: RuleGroup) -> float:
    """Return the seconds between two evaluations of a group in life."""
    return float(Duration.parse(group["interval"]).seconds) if "interval" in group else float(CYCLE)


def share(seconds: float) -> float:
    """Return how many evaluations a cycle holds of a group that is evaluated every so many seconds."""
    return CYCLE / seconds


def cost(groups: Iterable[GroupCost]) -> Cost:
    """Return the cost of a cycle: each group by its share of it, its time as the median evaluation."""
    groups = tuple(groups)
    return Cost(
        samples=sum(sum(group.samples) * share(group.every) for group in groups),
        seconds=sum(statistics.median(group.seconds) * share(group.every) for group in groups),
        rules=sum(len(group.samples) for group in groups),
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """What a ratio must reach: `of` is a peer, `what` samples or seconds."""

    series: int
    of: str
    what: str
    least: float


BARS = (
    Bar(200, "sloth", "samples", 100),
    Bar(200, "sloth", "seconds", 20),
    Bar(200, "pyrra", "samples", 10),
    Bar(2000, "sloth", "seconds", 100),
)


@dataclass(frozen=True, slots=True)
class Row:
    """The costs of one stage by kind: `ours` and the peers that were measured beside it."""

    slos: int
    series: int
    window: str
    costs: Mapping[str, Cost]

    def ratio(self, peer: str, what: str) -> float:
        """Return how many times as much a peer's cycle costs."""
        return float(getattr(self.costs[peer], what)) / float(getattr(self.costs["ours"], what))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bar with what a row reached."""

    bar: Bar
    slos: int
    reached: float

    @property
    def is_met(self) -> bool:
        """Return whether the bar was reached."""
        return self.reached >= self.bar.least


def verdicts(rows: Iterable[Row]) -> list[Verdict]:
    """Return every bar that a row has the figures for."""
    return [
        Verdict(bar, row.slos, row.ratio(bar.of, bar.what))
        for row in rows
        for bar in BARS
        if row.series == bar.series and bar.of in row.costs
    ]
