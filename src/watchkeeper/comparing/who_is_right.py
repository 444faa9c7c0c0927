"""Who is right: what the old rules and ours make of requests, beside what follows from counting them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from watchkeeper.comparing.courses import Course
from watchkeeper.comparing.play import Found, Minutes, counters, played
from watchkeeper.comparing.played_rules import PlayedRules
from watchkeeper.model.service import Service
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.tiers import Tier

# A figure of a budget is right within half a percentage point and 3% of what was spent: rollups begin and end by the clock.
_NEAR, _PART = 0.005, 0.03


@dataclass(frozen=True, slots=True)
class Incident:
    """What happens, how many of the course's requests fail by it, and when pages and tickets fire.

    `counted` is when the objective's own page is due by exact counts. Minutes are those since its beginning.
    """

    what: str
    failed: int
    counted: Minutes | None
    old: tuple[Minutes | None, Minutes | None]
    ours: tuple[Minutes | None, Minutes | None]

    @property
    def right(self) -> tuple[bool, bool]:
        """Return whether the old rules and ours page where the count says so, and only there."""
        due = self.counted is None
        return (self.old[0] is None) == due, (self.ours[0] is None) == due


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of the budget at the end of a course: of its own time, and of the whole window, by exact counts.

    The part of the window before the course counts as healthy, at the same traffic. A tool may mean either.
    """

    so_far: float
    whole: float
    old: float | None
    ours: float | None

    @property
    def right(self) -> tuple[bool, bool]:
        """Return whether the figures of the old rules and of ours are one of the counted ones; no figure is not wrong."""
        return self._is_near(self.old), self._is_near(self.ours)

    def _is_near(self, said: float | None) -> bool:
        counted = (self.so_far, self.whole)
        return said is None or any(abs(said - one) <= _NEAR + _PART * abs(1 - one) for one in counted)


@dataclass(frozen=True, slots=True)
class Compared:
    """One objective on one course of so many requests."""

    slo_id: str
    requests: int
    incidents: tuple[Incident, ...]
    budget: Budget


def compared(
    slo: PlannedSlo,
    service: Service,
    rules: tuple[PlayedRules, PlayedRules],
    courses: Sequence[Course],
    promtool: Path,
) -> Iterator[Compared]:
    """Yield what each course shows of the old rules and ours; raise Unprovable or RuntimeError where they cannot be played."""
    series = counters(slo, service)
    for course in courses:
        old, ours = (played(one, course, series, promtool) for one in rules)
        yield _of_course(slo, course, old, ours)


def _of_course(slo: PlannedSlo, course: Course, old: Found, ours: Found) -> Compared:
    due = _due(slo.tiers, course)
    starts = [at for _, at in course.incidents()]
    incidents = []
    for number, ((span, at), later) in enumerate(
        zip(course.incidents(), [*starts[1:], course.length], strict=True)
    ):
        own = [minute - at for minute in due if at <= minute < later]
        incidents.append(
            Incident(
                what=span.name,
                failed=span.minutes * span.failed,
                counted=(own[0], own[-1]) if own else None,
                old=(old.pages[number], old.tickets[number]),
                ours=(ours.pages[number], ours.tickets[number]),
            )
        )
    spent = course.ratio() / float(slo.budget)
    part = course.length * 60 / float(slo.parameters.window.seconds)
    budget = Budget(1 - spent, 1 - spent * min(part, 1), old.left, ours.left)
    return Compared(slo.slo_id, course.requests, tuple(incidents), budget)


def _due(tiers: Sequence[Tier], course: Course) -> list[int]:
    """Return the minutes at which a page is due: both windows of a tier over its threshold, with enough bad events."""
    failed, requests = ([0, *accumulate(counts)] for counts in zip(*course.by_minute(), strict=True))

    def over(window: int, minute: int, threshold: float, least: float) -> bool:
        start = max(0, minute - window)
        bad, total = failed[minute] - failed[start], requests[minute] - requests[start]
        return bool(bad >= least and bad > threshold * total)

    return [
        minute
        for minute in range(1, course.length)
        if any(
            over(round(one.long.seconds / 60), minute, float(one.threshold), float(one.min_events))
            and over(round(one.short.seconds / 60), minute, float(one.threshold), 0)
            for one in tiers
            if one.kind == "page"
        )
    ]
