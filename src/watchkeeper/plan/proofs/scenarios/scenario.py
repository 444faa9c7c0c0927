"""One proof: a story, what must be seen at which moments of it, and how both are told to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from watchkeeper.plan.proofs.expectations.timeline import Span, Timeline

Aspect = Literal["fires", "silent", "resolves"]
Scale = Literal["minutes", "days", "history"]
SCALES: tuple[Scale, ...] = ("minutes", "days", "history")


@dataclass(frozen=True, slots=True)
class AlertCheck:
    """Whether an alert fires at a moment, in seconds; `alert` is its kind for an SLO's alerts, else its name."""

    at: int
    alert: str
    firing: bool
    aspect: Aspect


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """What a recorded series must show at a moment; `want` None for nothing at all."""

    at: int
    record: str
    want: float | None
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Story:
    """A timeline with its checks. `start` is where counters begin; `strange` adds what must not disturb; while
    `unborn`, counters of bad events do not exist."""

    title: str
    scale: Scale
    timeline: Timeline
    alerts: tuple[AlertCheck, ...]
    values: tuple[ValueCheck, ...] = ()
    start: int = 1_000_000
    strange: bool = False
    unborn: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """How closely a time scale can tell moments: evaluations every `step` seconds, `lag` the rules' longest delay."""

    step: int
    lag: int

    def at_or_before(self, moment: float) -> int:
        """Return the last evaluation that is not after a moment."""
        return int(moment // self.step) * self.step

    def at_or_after(self, moment: float) -> int:
        """Return the first evaluation that is not before a moment."""
        return -int(-moment // self.step) * self.step


def moments(
    alert: str, spans: Iterable[Span], timeline: Timeline, clock: Clock, *, keep: int = 0, late: int = 0
) -> Iterator[AlertCheck]:
    """Yield the checks that an alert's spans allow, near each change and never where a delay could decide.

    The rules see everything late, by at most the clock's lag and `late` more: before a span begins the alert must be
    silent, a lag later it must fire, until the span ends it must keep firing, and be silent a lag, the time for
    which alerts are kept and one evaluation later.
    """
    quiet_since = 0.0
    ordered = list(spans)
    for (start, end), follower in zip(
        ordered, [*(one[0] for one in ordered[1:]), timeline.end + 1], strict=False
    ):
        # What a young window covers is counted in whole steps, and may be one ahead.
        before = max(0, clock.at_or_before(start) - clock.step)
        if before >= quiet_since:
            yield AlertCheck(before, alert, firing=False, aspect="silent")
        first = clock.at_or_after(start + clock.lag + late)
        last = clock.at_or_before(min(end + keep, timeline.end)) - (clock.step if end < timeline.end else 0)
        if first <= last:
            yield AlertCheck(first, alert, firing=True, aspect="fires")
            if last > first:
                yield AlertCheck(last, alert, firing=True, aspect="fires")
        quiet_since = end + clock.lag + late + keep + clock.step
        after = clock.at_or_after(quiet_since)
        if after < follower and after <= timeline.end:
            yield AlertCheck(after, alert, firing=False, aspect="resolves")
    if not ordered:
        for share in (0.5, 1.0):
            yield AlertCheck(clock.at_or_before(timeline.end * share), alert, firing=False, aspect="silent")
    elif quiet_since <= timeline.end:
        yield AlertCheck(clock.at_or_before(timeline.end), alert, firing=False, aspect="silent")
