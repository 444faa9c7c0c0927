"""The figures of one objective over a period, from its history, and the verdict about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal, get_args

from watchkeeper.report.daily_figures import Day, budget_line, days_of
from watchkeeper.report.described import Described
from watchkeeper.report.error_budget import Budget, Sums, at_worst, budget_of, covered, sums_of
from watchkeeper.report.history import AlertSpan, ObjectiveHistory
from watchkeeper.report.incident import Incident, incidents, matters, with_notes
from watchkeeper.report.notes_file import Note
from watchkeeper.report.recorded_gaps import Gap, gaps
from watchkeeper.report.reporting_period import ReportingPeriod

State = Literal["missed", "at risk", "not enough data", "met"]
# Worst first.
STATES: Final[tuple[State, ...]] = get_args(State)
LEAST_COVERAGE = 0.9
# Less than this share of a rolling window's budget is a risk.
LEAST_LEFT = 0.1
# A ratio of sums of floats may exceed its limit by the last digit only.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class TargetPart:
    """A part of the period with one target, and the error ratio of what was recorded in it."""

    start: int
    end: int
    target: Decimal
    error_ratio: float | None


@dataclass(frozen=True, slots=True)
class ObjectiveFigures:
    """All that the report says of one objective. Ratios are shares; `target` is None if it was never recorded.

    `actual` is the share of good events with gaps as healthy, `at_worst` the same with gaps as bad. `listed` are the
    incidents that matter, `minor` is what the others spent. `burn_down` has the share left at moments. `recorded` are the
    events before corrections, None where none is about the objective; incidents stay as they were recorded.
    """

    name: str
    service: str
    slo: str
    slo_id: str
    team: str
    description: str
    unit: str
    state: State
    target: Decimal | None
    targets: tuple[TargetPart, ...]
    sums: Sums
    actual: float | None
    at_worst: float | None
    budget: Budget | None
    coverage: float
    gaps: tuple[Gap, ...]
    days: tuple[Day, ...]
    burn_down: tuple[tuple[int, float], ...]
    incidents: tuple[Incident, ...]
    listed: tuple[Incident, ...]
    previous: float | None
    previous_sums: Sums | None
    recorded: Sums | None = None

    @property
    def margin(self) -> float | None:
        """Return by how much the actual share is better than the target."""
        return None if self.actual is None or self.target is None else self.actual - float(self.target)

    @property
    def unpaged(self) -> tuple[Incident, ...]:
        """Return the incidents that spent budget without a page."""
        return tuple(one for one in self.listed if not one.paged and one.bad > 0)


def figures_of(
    history: ObjectiveHistory,
    period: ReportingPeriod,
    alerts: Sequence[AlertSpan],
    notes: Sequence[Note],
    described: Described | None,
    interval: float,
    everything_missing: Sequence[tuple[float, float]],
) -> ObjectiveFigures:
    """Return the figures of one recorded objective. `everything_missing` are the spans that no objective has."""
    sums = sums_of(history.bins)
    target = history.targets[-1].target if history.targets else described.target if described else None
    budget = budget_of(sums, target, period)
    coverage = covered(history.bins, interval, period.elapsed)
    found = incidents(history, alerts, period, budget.events if budget else None)
    found = with_notes(found, notes, history)
    ratio = sums.error_ratio(period.elapsed)
    previous = history.previous
    before = sums_of([previous]) if previous is not None else None
    return ObjectiveFigures(
        name=history.name,
        service=history.labels.get("service", ""),
        slo=history.labels.get("slo", history.slo_id),
        slo_id=history.slo_id,
        team=history.labels.get("team", ""),
        description=described.description if described else "",
        unit=described.unit if described else "events",
        state=state_of(sums, target, budget, coverage, period),
        target=target,
        targets=tuple(_parts(history, period)),
        sums=sums,
        actual=None if ratio is None else 1 - ratio,
        at_worst=at_worst(sums, period.elapsed),
        budget=budget,
        coverage=coverage,
        gaps=gaps(history, period, interval, everything_missing),
        days=tuple(days_of(history.bins, period, budget, interval)),
        burn_down=tuple(budget_line(history.bins, period, budget)),
        incidents=found,
        listed=tuple(one for one in found if matters(one)),
        previous=_previous(before, period),
        previous_sums=before,
        recorded=None if history.uncorrected is None else sums_of(history.uncorrected),
    )


def state_of(
    sums: Sums, target: Decimal | None, budget: Budget | None, coverage: float, period: ReportingPeriod
) -> State:
    """Return the verdict. A spent budget is certain, however much is missing: gaps count as healthy."""
    if target is None or budget is None:
        return "not enough data"
    if budget.spent > 1 + _ROUNDING:
        return "missed"
    if coverage < LEAST_COVERAGE:
        return "not enough data"
    if period.is_running:
        too_fast = sums.bad > float(1 - target) * sums.mean * period.elapsed * (1 + _ROUNDING)
        return "at risk" if too_fast else "met"
    return "at risk" if period.kind == "window" and budget.left < LEAST_LEFT else "met"


@dataclass(frozen=True, slots=True)
class AsRecorded:
    """What an objective's figures would be without corrections."""

    state: State
    actual: float | None
    budget: Budget | None


def as_recorded(one: ObjectiveFigures, target: Decimal | None, period: ReportingPeriod) -> AsRecorded | None:
    """Return the figures without corrections, judged by a target; None where no correction is about the objective."""
    if one.recorded is None:
        return None
    budget, ratio = budget_of(one.recorded, target, period), one.recorded.error_ratio(period.elapsed)
    state = state_of(one.recorded, target, budget, one.coverage, period)
    return AsRecorded(state, None if ratio is None else 1 - ratio, budget)


def unrecorded(described: Described, period: ReportingPeriod) -> ObjectiveFigures:
    """Return the figures of an objective of the spec that no rule recorded in the period."""
    history = ObjectiveHistory(
        described.slo_id,
        {
            "slo_id": described.slo_id,
            "service": described.service,
            "slo": described.slo,
            "team": described.team,
        },
        (),
        (),
        missing=((period.start, period.until),),
    )
    return replace(figures_of(history, period, (), (), described, 30.0, ()), target=described.target)


def _previous(before: Sums | None, period: ReportingPeriod) -> float | None:
    ratio = before.error_ratio(period.previous().seconds) if before is not None else None
    return None if ratio is None else 1 - ratio


def _parts(history: ObjectiveHistory, period: ReportingPeriod) -> Iterator[TargetPart]:
    for index, one in enumerate(history.targets):
        following = history.targets[index + 1 :]
        # The bin in which a target changed belongs to the new one.
        ends_at = following[0].since if following else None
        inside = [
            each
            for each in history.bins
            if (index == 0 or each.end >= one.since) and (ends_at is None or each.end < ends_at)
        ]
        if not inside:
            continue
        sums = sums_of(inside)
        start = period.start if index == 0 else inside[0].start
        yield TargetPart(start, inside[-1].end, one.target, sums.bad / sums.total if sums.total else None)
