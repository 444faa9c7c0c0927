"""The base window: the range over which every evaluation reads counters, so that no increment falls between two of them.

increase(x[W]) counts only differences between samples inside W, so an increment between the last sample of one window
and the first of the next would be lost. Each evaluation therefore reads one scrape more and divides by that longer
range: increase(x[W+s]) / (W+s) counts every increment exactly W/s times s/W.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import LEAST_SCRAPES, Stack

_LEAST = Duration.parse("1m")
LONGEST = Duration.parse("5m")
FROM_BASE = Duration.parse("6h")
"""Up to this window ratios are read from the base, beyond it from rollups."""
_DOWN_SCRAPES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseWindow:
    """The intervals of the rules. An evaluation represents `window` and reads counters over `read_window`.

    `late` is how long a server waits on purpose before it evaluates, for samples that arrive late.
    """

    scrape: Duration
    evaluation: Duration
    window: Duration
    late: Duration = Duration(0)

    @property
    def read_window(self) -> Duration:
        """Return the range over which the counters are read: the window and one scrape."""
        return Duration(self.window.milliseconds + self.scrape.milliseconds)

    @property
    def down(self) -> Duration:
        """Return the range in which no target may have answered for the service to count as down."""
        return Duration(_DOWN_SCRAPES * self.scrape.milliseconds)

    @property
    def lag(self) -> Duration:
        """Return the longest delay of an event in the base: its scrape, the whole window, one evaluation."""
        return Duration(self.read_window.milliseconds + self.evaluation.milliseconds)


def base_window_of(stack: Stack) -> BaseWindow:
    """Return the base window: at least four scrapes and a minute, a multiple of the evaluation interval.

    If it fits into five minutes it is a multiple of the scrape interval too: only then does each increment weigh
    exactly 1 over the evaluations that count it.
    """
    step = stack.evaluation_interval.milliseconds
    least = max(LEAST_SCRAPES * stack.scrape_interval.milliseconds, _LEAST.milliseconds)
    both = _multiple(least, lcm(step, stack.scrape_interval.milliseconds))
    window = both if both <= LONGEST.milliseconds else _multiple(least, step)
    return BaseWindow(
        scrape=stack.scrape_interval, evaluation=stack.evaluation_interval, window=Duration(window)
    )


def _multiple(least: int, step: int) -> int:
    return -(-least // step) * step
