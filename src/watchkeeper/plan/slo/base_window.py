"""The base window: how far back each evaluation looks, so that no increment falls between two looks.

increase(x[W]) counts only differences between samples inside W, so what happens between the last sample of one
window and the first of the next would be lost. Each look therefore reaches back one scrape further and is divided by
that longer span: increase(x[W+s]) / (W+s) counts every increment exactly W/s times s/W.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import LEAST_SCRAPES, Stack

_LEAST = Duration.parse("1m")
LONGEST = Duration.parse("5m")
TILE = Duration.parse("5m")
FROM_BASE = Duration.parse("6h")
"""Up to this window ratios are read from the base, beyond it from tiles."""
_DOWN_SCRAPES = 3


@dataclass(frozen=True, slots=True)
class Base:
    """Intervals of the rules: `window` is what a look stands for, `reach` how far back it goes, both in whole ms."""

    scrape: Duration
    evaluation: Duration
    window: Duration

    @property
    def reach(self) -> Duration:
        """Return the range that the counters are read over: the window and one scrape."""
        return Duration(self.window.milliseconds + self.scrape.milliseconds)

    @property
    def down(self) -> Duration:
        """Return over which range no target may have answered for the service to count as down."""
        return Duration(_DOWN_SCRAPES * self.scrape.milliseconds)

    @property
    def lag(self) -> Duration:
        """Return how late the base knows an event at most: its scrape, the whole window, one evaluation."""
        return Duration(self.reach.milliseconds + self.evaluation.milliseconds)


def base_of(stack: Stack) -> Base:
    """Return the base: at least four scrapes and a minute, a multiple of the evaluation interval.

    If it fits into five minutes it is a multiple of the scrape interval too: only then does each increment weigh
    exactly 1 over the evaluations that see it.
    """
    step = stack.evaluation_interval.milliseconds
    least = max(LEAST_SCRAPES * stack.scrape_interval.milliseconds, _LEAST.milliseconds)
    both = _multiple(least, lcm(step, stack.scrape_interval.milliseconds))
    window = both if both <= LONGEST.milliseconds else _multiple(least, step)
    return Base(stack.scrape_interval, stack.evaluation_interval, Duration(window))


def _multiple(least: int, step: int) -> int:
    return -(-least // step) * step
