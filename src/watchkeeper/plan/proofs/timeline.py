"""A scenario's phases, and the error ratio of a window at each instant: the plan's own arithmetic.

Traffic and error ratio are constant within a phase, so the bad and total events up to an instant are straight lines,
a window's ratio is a quotient of two of them, and the instants at which it crosses a threshold follow from bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

_RAW_UP_TO = 1800.0
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Phase:
    """`seconds` of `rate` events a second, of which the share `ratio` is bad.

    `reset` begins it with counters at zero; while not `up` no target answers; while not `present` the targets answer
    without the metric. In a phase with `previous_labels` the rules had other labels: only their records exist. In a
    `planned` phase a maintenance window is open: its events happen, and none of them counts.
    """

    seconds: int
    rate: float = 100.0
    ratio: float = 0.0
    reset: bool = False
    up: bool = True
    present: bool = True
    previous_labels: bool = False
    planned: bool = False

    @property
    def counted(self) -> float:
        """Return how many events a second count."""
        return 0.0 if self.planned else self.rate


Span = tuple[float, float]


@dataclass(frozen=True)
class Timeline:
    """Phases one after the other, from time 0."""

    phases: tuple[Phase, ...]
    starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", tuple(accumulate((p.seconds for p in self.phases), initial=0)))

    @property
    def end(self) -> int:
        """Return the last instant, in seconds."""
        return self.starts[-1]

    @cached_property
    def _cumulated(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        bad = tuple(accumulate((p.seconds * p.counted * p.ratio for p in self.phases), initial=0.0))
        total = tuple(accumulate((p.seconds * p.counted for p in self.phases), initial=0.0))
        return bad, total

    def events(self, start: float, end: float) -> tuple[float, float]:
        """Return bad and total events between two instants; nothing happened before 0."""
        bad_to, total_to = self._until(end)
        bad_from, total_from = self._until(start)
        return bad_to - bad_from, total_to - total_from

    def _until(self, instant: float) -> tuple[float, float]:
        at = min(max(instant, 0.0), float(self.end))
        index = min(bisect_right(self.starts, at) - 1, len(self.phases) - 1)
        phase, since = self.phases[index], at - self.starts[index]
        bad, total = self._cumulated
        return bad[index] + since * phase.counted * phase.ratio, total[index] + since * phase.counted

    def error_ratio(self, window: float, at: float) -> float:
        """Return the share of bad events; in windows over 30m the time before 0 counts as healthy at the mean traffic so far."""
        bad, total = self.events(at - window, at)
        if total <= 0:
            return 0.0
        return bad / total * (min(at, window) / window if window > _RAW_UP_TO else 1.0)

    def bad_events(self, window: float, at: float) -> float:
        """Return the bad events of a window."""
        return self.events(at - window, at)[0]

    def spans_over(
        self, limits: Iterable[tuple[Callable[[float], float], float]], windows: Iterable[float]
    ) -> list[Span]:
        """Return when every function of time is over its limit; between instants at which a window starts or stops
        to touch a phase each function must be monotone."""
        edges = {0.0, float(self.end), *map(float, self.starts)}
        for window in windows:
            edges |= {start + window for start in self.starts if start + window < self.end}
        found: list[Span] = []
        ordered, wanted = sorted(edges), tuple(limits)
        for left, right in pairwise(ordered):
            span: Span | None = (left, right)
            for function, limit in wanted:
                span = _over(function, limit, span) if span is not None else None
            if span is not None:
                _join(found, span)
        return found


def _over(function: Callable[[float], float], limit: float, span: Span) -> Span | None:
    left, right = span
    over_left, over_right = function(left + _CLOSE) > limit, function(right - _CLOSE) > limit
    if over_left and over_right:
        return span
    if not over_left and not over_right:
        return None
    low, high = left, right
    for _ in range(50):
        middle = (low + high) / 2
        if (function(middle) > limit) == over_left:
            low = middle
        else:
            high = middle
    return (left, low) if over_left else (high, right)


def _join(found: list[Span], span: Span) -> None:
    if found and span[0] - found[-1][1] < 1:
        found[-1] = (found[-1][0], span[1])
    else:
        found.append(span)


def united(*many: list[Span]) -> list[Span]:
    """Return when any of several conditions is true."""
    found: list[Span] = []
    for span in sorted(span for spans in many for span in spans):
        if found and span[0] <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], span[1]))
        else:
            found.append(span)
    return found
