"""The whole report as figures: objectives, promises to customers, and what incidents and alerts had to do with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper import __version__
from watchkeeper.report.corrected_history import TakenOut
from watchkeeper.report.described import Promise, SpecFacts
from watchkeeper.report.error_budget import budget_of
from watchkeeper.report.history import AlertSpan, Counts, History
from watchkeeper.report.incident import Incident, explained, is_page
from watchkeeper.report.left_out_events import NO_PLANNED_WORK, PlannedWork
from watchkeeper.report.notes_file import Note
from watchkeeper.report.objective_figures import (
    LEAST_COVERAGE,
    STATES,
    ObjectiveFigures,
    State,
    figures_of,
    state_of,
    unrecorded,
)
from watchkeeper.report.recorded_gaps import common
from watchkeeper.report.reporting_period import ReportingPeriod

Audience = Literal["team", "customer"]


@dataclass(frozen=True, slots=True)
class PromiseFigures:
    """One promise to customers. `actual` and `at_worst` are shares of good events; `days` is by date."""

    promise: Promise
    state: State
    actual: float | None
    coverage: float | None
    objective: ObjectiveFigures | None = None

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents with more bad events than the promise allows; its objective may be stricter."""
        target = self.promise.target
        if self.objective is None or target is None:
            return ()
        return tuple(one for one in self.objective.listed if one.error_ratio > float(1 - target))

    @property
    def margin(self) -> float | None:
        """Return by how much the actual share is better than what was promised."""
        target = self.promise.target
        return None if self.actual is None or target is None else self.actual - float(target)


@dataclass(frozen=True, slots=True)
class Reliability:
    """What the listed incidents amount to; seconds. `mttr` is their mean length, `mtbf` the mean time between them."""

    count: int
    longest: float | None
    mttr: float | None
    mtbf: float | None
    mean_late: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the report says; renderers add nothing but words."""

    period: ReportingPeriod
    at: int
    source: str
    version: str
    facts: SpecFacts
    audience: Audience
    interval: float
    objectives: tuple[ObjectiveFigures, ...]
    promises: tuple[PromiseFigures, ...]
    unexplained: tuple[AlertSpan, ...]
    planned: PlannedWork = NO_PLANNED_WORK
    taken_out: tuple[TakenOut, ...] = ()

    @property
    def states(self) -> dict[State, int]:
        """Return how many objectives and promises are in each state, worst first, without empty states."""
        every = [*(one.state for one in self.objectives), *(one.state for one in self.promises)]
        if self.audience == "customer":
            every = [one.state for one in self.promises]
        return {state: every.count(state) for state in STATES if state in every}

    @property
    def is_missed(self) -> bool:
        """Return whether an objective or promise of the report was missed."""
        return "missed" in self.states


def report_of(
    history: History,
    period: ReportingPeriod,
    facts: SpecFacts,
    *,
    at: float,
    audience: Audience = "team",
    notes: Sequence[Note] = (),
    counts: Mapping[tuple[str, str], Counts] | None = None,
    planned: PlannedWork = NO_PLANNED_WORK,
    taken_out: tuple[TakenOut, ...] = (),
) -> Report:
    """Return the report of what was read; worst first."""
    known = {one.slo_id: one for one in facts.objectives}
    everything = common([one.missing for one in history.objectives]) if len(history.objectives) > 1 else ()
    objectives = [
        figures_of(one, period, history.alerts, notes, known.get(one.slo_id), history.interval, everything)
        for one in history.objectives
    ]
    recorded = {one.slo_id for one in objectives}
    objectives += [unrecorded(one, period) for one in facts.objectives if one.slo_id not in recorded]
    return Report(
        period=period,
        at=int(at),
        source=history.source,
        version=__version__,
        facts=facts,
        audience=audience,
        interval=history.interval,
        objectives=tuple(sorted(objectives, key=_badness)),
        promises=tuple(_promises(facts.promises, objectives, period, counts or {})),
        unexplained=tuple(_unexplained(history.alerts, objectives)),
        # What customers were promised nothing about is internal, and so is the work on it.
        planned=planned if audience == "team" else planned.only({one.service for one in facts.promises}),
        taken_out=taken_out,
    )


def reliability(objectives: Iterable[ObjectiveFigures], period: ReportingPeriod) -> Reliability:
    """Return mean times over the listed incidents of some objectives."""
    every = list(objectives)
    listed: list[Incident] = [incident for one in every for incident in one.listed]
    over = [one for one in listed if one.end is not None]
    lates = [one.late for one in listed if one.late is not None]
    bad_time = sum(one.seconds for one in listed)
    return Reliability(
        count=len(listed),
        longest=max((one.seconds for one in listed), default=None),
        mttr=sum(one.seconds for one in over) / len(over) if over else None,
        mtbf=(period.elapsed * len(every) - bad_time) / len(listed) if listed else None,
        mean_late=sum(lates) / len(lates) if lates else None,
    )


def _badness(one: ObjectiveFigures) -> tuple[int, float, str]:
    return STATES.index(one.state), one.budget.left if one.budget else 2.0, one.name


def _unexplained(alerts: Iterable[AlertSpan], objectives: Sequence[ObjectiveFigures]) -> Iterator[AlertSpan]:
    """Yield the pages that no incident explains: of their objective, or of any objective of their service."""
    for alert in alerts:
        own = [
            incident
            for one in objectives
            if (alert.slo_id == one.slo_id if alert.slo_id else alert.service == one.service)
            for incident in one.incidents
        ]
        if is_page(alert) and not explained(alert, own):
            yield alert


def _promises(
    promises: Iterable[Promise],
    objectives: Sequence[ObjectiveFigures],
    period: ReportingPeriod,
    counts: Mapping[tuple[str, str], Counts],
) -> Iterator[PromiseFigures]:
    for promise in promises:
        one = next((each for each in objectives if each.slo_id and each.slo_id == promise.slo_id), None)
        found = counts.get((promise.service, promise.name))
        if promise.target is None:
            yield PromiseFigures(promise, "not enough data", None, None)
        elif one is not None:
            yield _of_objective(promise, promise.target, one, period)
        elif found is not None and found.total:
            actual = found.within / found.total
            # Histograms are read by day: the objectives of the service know better how much of it was recorded.
            recorded = [each.coverage for each in objectives if each.service == promise.service]
            coverage = min(found.coverage, max(recorded, default=1.0))
            state: State = "met" if actual >= float(promise.target) else "missed"
            if coverage < LEAST_COVERAGE and state == "met":
                state = "not enough data"
            yield PromiseFigures(promise, state, actual, coverage)
        else:
            yield PromiseFigures(promise, "not enough data", None, None)


def _of_objective(
    promise: Promise, target: Decimal, one: ObjectiveFigures, period: ReportingPeriod
) -> PromiseFigures:
    budget = budget_of(one.sums, target, period)
    state = state_of(one.sums, target, budget, one.coverage, period)
    return PromiseFigures(promise, state, one.actual, one.coverage, one)
