"""Scenarios of an objective by a label: values that come and go, and more of them than have budgets of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE
from watchkeeper.plan.proofs.scenarios.profile import BURNS, ScenarioProfile, burn_checks
from watchkeeper.plan.proofs.scenarios.scenario import (
    AlertCheck,
    Aspect,
    Crowd,
    PageRow,
    Remembered,
    Scenario,
    ValueCheck,
)
from watchkeeper.plan.proofs.scenarios.shared_checks import HOUR, MINUTE, TINY, outage_length
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.base_window import FROM_BASE
from watchkeeper.plan.slo.split import RECENT

# More than the larger of a value's two targets has, and less than both together.
_BETWEEN = 0.87
# A share of bad events at which good and bad ones are counted of every value.
_SOME = 0.5
_ROW = "one value of a label burns, the others do not"


def by_value(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield the scenarios of an objective by a label, none for one budget."""
    split = profile.parameters.split
    if split is None:
        return
    yield _without_place(profile, 0 if split.values else split.at_most)
    if not split.values:
        yield _keeps_its_place(profile, split.at_most)
        yield _busiest(profile, split.at_most)
        yield from _given_away(profile, split.at_most)
    if naming.BUDGET_EXHAUSTED in profile.kinds:
        yield _renamed(profile)


def _without_place(profile: ScenarioProfile, others: int) -> Scenario:
    """Return the outage of a value that comes when every place is taken, or that is not listed."""
    clock = profile.live_clock
    before = (profile.phase(10 * MINUTE, rate=0.0),)
    outage = profile.phase(outage_length(profile, (profile.phase(10 * MINUTE, rate=0.0),)), 1.0)
    timeline = Timeline((*before, outage, profile.phase(5 * MINUTE, _SOME)))
    at, end = timeline.starts[2], timeline.end
    return Scenario(
        "a value that has no place fails: what the values without one share burns",
        "live",
        timeline,
        tuple(burn_checks(profile, timeline, clock, (naming.FAST_BURN,))),
        (
            ValueCheck(at, naming.BAD_BASE, profile.rate, profile.rate * 0.001),
            ValueCheck(at, naming.TOTAL_BASE, profile.rate, profile.rate * 0.001),
            ValueCheck(at, naming.OWN_BUDGET, None),
            ValueCheck(at, naming.TOTAL_BASE, None, of="unplaced"),
            ValueCheck(at, naming.BAD_BASE, None, of="unplaced"),
            ValueCheck(end, naming.TOTAL_BASE, profile.rate, profile.rate * 0.001),
            ValueCheck(end, naming.BAD_BASE, profile.rate * _SOME, profile.rate * 0.001),
        ),
        row=PageRow(_ROW, naming.FAST_BURN, "values without a budget of their own"),
        with_decoys=True,
        crowd=Crowd(others, 0) if others else None,
        of_rest=True,
    )


def _keeps_its_place(profile: ScenarioProfile, others: int) -> Scenario:
    """Return a value that is away while busier ones come, and that fails when it is back."""
    away = replace(profile.phase(30 * MINUTE, rate=0.0), present=False)
    first, again = profile.phase(10 * MINUTE), Phase(5 * MINUTE, profile.rate, reset=True)
    # What is not counted while it is away is missing history, as before it was first seen.
    outage = profile.phase(outage_length(profile, (first, again)), 1.0)
    timeline = Timeline((first, away, again, outage))
    begin, at = timeline.starts[3], timeline.end
    return Scenario(
        "a value is away while busier ones take every other place; when it is back it has its own, and fails",
        "live",
        timeline,
        tuple(
            AlertCheck(
                profile.live_clock.at_or_before(instant), naming.FAST_BURN, firing=firing, aspect=aspect
            )
            for instant, firing, aspect in _of_outage(begin, at)
            if naming.FAST_BURN in profile.kinds
        ),
        (
            ValueCheck(at, naming.OWN_BUDGET, 1.0, TINY),
            ValueCheck(at, naming.BAD_BASE, profile.rate, profile.rate * 0.001),
        ),
        row=PageRow(_ROW, naming.FAST_BURN, "a value keeps its place"),
        crowd=Crowd(others, timeline.starts[1] + 15 * MINUTE),
    )


def _of_outage(begin: int, end: int) -> tuple[tuple[int, bool, Aspect], ...]:
    return (begin, False, "silent"), (end, True, "fires")


def _busiest(profile: ScenarioProfile, others: int) -> Scenario:
    """Return as many values as places beside the one under proof, which has more events, and fewer on each target."""
    timeline = Timeline((profile.phase(5 * MINUTE),))
    return Scenario(
        "more values than places from the start: the busiest has one, whatever its targets",
        "live",
        timeline,
        (),
        (ValueCheck(timeline.end, naming.OWN_BUDGET, 1.0, TINY),),
        crowd=Crowd(others, 0, share=_BETWEEN),
    )


def _given_away(profile: ScenarioProfile, others: int) -> Iterator[Scenario]:
    """Yield how long values keep every place of which only one recorded sample is left, and who has the next one.

    The value under proof has it whose last events are within the base window, and not when they are older.
    """
    base, recent, rollups = profile.parameters.base, int(RECENT.seconds), int(FROM_BASE.seconds)
    read, tile = float(base.read_window.seconds), int(TILE.seconds)
    of_rollup = naming.error_ratio_tile(str(profile.parameters.window))
    for record, kept, ago, is_next in (
        (profile.parameters.total, recent, 0.6 * read, True),
        (profile.parameters.total, recent, 1.5 * read, False),
        (of_rollup, rollups, 0.6 * read, True),
    ):
        free, scrape = kept + tile, int(base.scrape.seconds)
        counted = int((free - ago) // scrape) * scrape
        if counted - tile < 2 * scrape:
            continue
        # The one sample is a scrape after the beginning, between two evaluations: rules read it over ranges only.
        timeline = Timeline(
            (
                replace(profile.phase(tile), present=False),
                Phase(counted - tile, profile.rate),
                Phase(free - counted, 0.0),
            )
        )
        whose = "a value of just now" if is_next else "no value that is no longer counted"
        yield Scenario(
            f"values of which one sample of {record} is left keep their places for {Duration(kept * 1000)}: {whose} is next",
            "rollup",
            timeline,
            (),
            (
                ValueCheck(kept, naming.OWN_BUDGET, None),
                ValueCheck(free, naming.OWN_BUDGET, 1.0 if is_next else None, TINY),
                ValueCheck(free, naming.OWN_BUDGET, None, of="none"),
            ),
            remembered=Remembered(others, record),
        )


def _renamed(profile: ScenarioProfile) -> Scenario:
    """Return a value that spends its budget and is never seen again: no alert about it outlives 6h."""
    parameters, clock = profile.parameters, profile.rollup_clock
    spent = float(parameters.window.seconds) * float(parameters.budget) * 1.1
    outage = profile.rollup_phase(max(spent, 2 * HOUR), 1.0)
    left = float(FROM_BASE.seconds) + 2 * clock.lag
    gone = replace(profile.rollup_phase(left, rate=0.0), present=False)
    idle = profile.rollup_phase(10 * MINUTE, rate=0.0)
    timeline = Timeline((outage, idle, gone))
    checks = [
        AlertCheck(timeline.starts[1], naming.BUDGET_EXHAUSTED, firing=True, aspect="fires"),
        *(
            AlertCheck(clock.at_or_before(timeline.end), kind, firing=False, aspect="resolves")
            for kind in (*BURNS, naming.BUDGET_EXHAUSTED)
            if kind in profile.kinds
        ),
    ]
    return Scenario(
        "a value spends its budget and is renamed: its alerts end with the hours in which it was counted",
        "rollup",
        timeline,
        tuple(checks),
        # Nothing is counted then, of nobody.
        tuple(
            ValueCheck(timeline.starts[2], record, 0.0, TINY, of="rest")
            for record in (naming.TOTAL_BASE, naming.BAD_BASE)
        ),
        row=PageRow(_ROW, naming.BUDGET_EXHAUSTED, "a value that is renamed"),
    )
