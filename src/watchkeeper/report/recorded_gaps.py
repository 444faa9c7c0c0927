"""The gaps of an objective's record: when, why as far as the series tell, and how each was counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from watchkeeper.report.history import ObjectiveHistory, Span
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

Reason = Literal[
    "before the first record", "no objective was recorded", "only this objective was not recorded"
]


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of Unix seconds without an evaluation."""

    start: float
    end: float
    reason: Reason

    @property
    def seconds(self) -> float:
        """Return its length."""
        return self.end - self.start

    @property
    def counted(self) -> str:
        """Return how the rules and this report count it."""
        if self.seconds < ROLLUP:
            return "the rest of its 5 minutes represents it; bad events are not extrapolated"
        return "as healthy, at the mean traffic of the recorded time"


def gaps(
    history: ObjectiveHistory, period: ReportingPeriod, interval: float, everything: Iterable[Span]
) -> tuple[Gap, ...]:
    """Return the gaps by their start. `everything` are the spans in which no objective of the server was recorded."""
    shared = tuple(everything)
    first = next((one.start for one in history.bins if one.evaluations), period.until)
    found = []
    for start, end in history.missing:
        reason: Reason = "only this objective was not recorded"
        if start <= period.start and end >= first and history.previous is None:
            reason = "before the first record"
        elif any(low <= start + interval and end - interval <= high for low, high in shared):
            reason = "no objective was recorded"
        found.append(Gap(start, end, reason))
    return tuple(found)


def common(spans: Sequence[Sequence[Span]]) -> tuple[Span, ...]:
    """Return what is in all of several sorted lists of spans."""
    if not spans:
        return ()
    inside = list(spans[0])
    for other in spans[1:]:
        inside = [
            (max(low, first), min(high, last))
            for low, high in inside
            for first, last in other
            if max(low, first) < min(high, last)
        ]
    return tuple(inside)
