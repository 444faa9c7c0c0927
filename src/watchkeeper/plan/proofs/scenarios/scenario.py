"""A scenario with its expectations, and the checks that a delay of the rules cannot decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from watchkeeper.plan.proofs.timeline import Span, Timeline

Aspect = Literal["fires", "silent", "resolves"]
Whose = Literal["", "rest", "unplaced", "beside", "none"]
Pace = Literal["live", "rollup", "daily"]
# The file of each pace, as its name ends: <slo>-minutes.yml is a public name.
PACES: dict[Pace, str] = {"live": "minutes", "rollup": "days", "daily": "history"}


_SHORT_KEEP = 120


@dataclass(frozen=True, slots=True)
class AlertCheck:
    """Whether an alert fires at an instant, in seconds; `alert` is its kind for an SLO's alerts, else its name."""

    at: int
    alert: str
    firing: bool
    aspect: Aspect


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """Which value a recorded series must have at an instant; `want` is None for no value.

    Of an objective by a label it is the series of the value under proof, else `of` says whose: what values without a
    budget of their own share, one of those values, a healthy value beside it, or events without the label.
    That of a month has its beginning as one more label, which is always 0.
    """

    at: int
    record: str
    want: float | None
    tolerance: float = 0.0
    of: Whose = ""
    of_month: bool = False


@dataclass(frozen=True, slots=True)
class HeldCheck:
    """A recorded series has the same value at an instant as it had at an earlier one, `since`."""

    at: int
    record: str
    since: int


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """For how many evaluations an alert has gone on when its condition was over, at an instant at which it has ended.

    `since` is an instant at which both were true; the condition is a recorded series with its `bound`, such as `> 0.5`.
    Unlike the instants of an AlertCheck this does not depend on how late the rules are.
    """

    at: int
    alert: str
    since: int
    record: str
    bound: str
    evaluations: int


Seen = ValueCheck | KeptCheck | HeldCheck


@dataclass(frozen=True, slots=True)
class PageRow:
    """Where the page of proofs shows a scenario: scenarios of one name and alert share a row, each with its case."""

    name: str
    alert: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class DownAlert:
    """When the page that the service is down has a state: from one instant to another, in seconds."""

    state: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many further values of the objective's label, healthy and busier than the one under proof, from an instant on.

    With `share` they have this share of its traffic each, all of it on its first target.
    """

    values: int
    since: int
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Remembered:
    """So many further values of the objective's label of which nothing but one sample of a recorded series is known.

    Events without the label, more than all others, are counted beside them.
    """

    values: int
    record: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A timeline with its checks. Counters begin at `start`; `with_decoys` adds the decoys; with `bad_series_absent`
    the counters of bad events do not exist. At `turn` a month ends and the next one begins, if it is not 0. A scenario
    without a `row` is not on the page. With `of_rest` the value under proof is one that has no budget of its own, and the
    checks are about what such values share."""

    title: str
    pace: Pace
    timeline: Timeline
    alerts: tuple[AlertCheck, ...]
    values: tuple[Seen, ...] = ()
    start: int = 1_000_000
    with_decoys: bool = False
    bad_series_absent: bool = False
    row: PageRow | None = None
    down_alerts: tuple[DownAlert, ...] = ()
    turn: int = 0
    crowd: Crowd | None = None
    remembered: Remembered | None = None
    of_rest: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """The instants that a pace can observe: evaluations every `step` seconds; `lag` is the rules' longest delay."""

    step: int
    lag: int

    def at_or_before(self, instant: float) -> int:
        """Return the last evaluation that is not after an instant."""
        return int(instant // self.step) * self.step

    def at_or_after(self, instant: float) -> int:
        """Return the first evaluation that is not before an instant."""
        return -int(-instant // self.step) * self.step


def alert_checks(
    alert: str, spans: Iterable[Span], timeline: Timeline, clock: Clock, *, keep: int = 0, late: int = 0
) -> Iterator[AlertCheck]:
    """Yield the checks that an alert's spans allow, close to each change and never where a delay could decide.

    The rules are late by at most the clock's lag and `late` more. Before a span begins the alert must be silent, a lag
    later it must fire, and until the span ends it must keep firing. It must be silent again after a further lag, the
    time for which alerts keep firing, and one evaluation.
    """
    silent_from = 0.0
    ordered = list(spans)
    for (start, end), follower in zip(
        ordered, [*(one[0] for one in ordered[1:]), timeline.end + 1], strict=False
    ):
        # The covered part of a young window is counted in whole steps, and may be one step ahead.
        before = max(0, clock.at_or_before(start) - clock.step)
        if before >= silent_from:
            yield AlertCheck(before, alert, firing=False, aspect="silent")
        first = clock.at_or_after(start + clock.lag + late)
        last = clock.at_or_before(min(end + keep, timeline.end)) - (clock.step if end < timeline.end else 0)
        # The rules may miss a condition that is over before their lag, however long the alert would keep firing.
        sure = clock.at_or_before(end + min(keep, _SHORT_KEEP)) - (clock.step if end < timeline.end else 0)
        if first <= min(last, sure):
            yield AlertCheck(first, alert, firing=True, aspect="fires")
            if last > first:
                yield AlertCheck(last, alert, firing=True, aspect="fires")
        silent_from = end + clock.lag + late + keep + clock.step
        after = clock.at_or_after(silent_from)
        if after < follower and after <= timeline.end:
            yield AlertCheck(after, alert, firing=False, aspect="resolves")
    if not ordered:
        for share in (0.5, 1.0):
            yield AlertCheck(clock.at_or_before(timeline.end * share), alert, firing=False, aspect="silent")
    elif silent_from <= timeline.end:
        yield AlertCheck(clock.at_or_before(timeline.end), alert, firing=False, aspect="silent")
