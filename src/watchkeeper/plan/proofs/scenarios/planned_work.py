"""Scenarios of planned work: its errors cost nothing and page nobody; what goes on after it pages at its own time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.model.slo import TILE
from watchkeeper.plan.proofs.alert_spans import burning
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, PageRow, Scenario, ValueCheck, alert_checks
from watchkeeper.plan.proofs.scenarios.shared_checks import HOUR, MINUTE, TINY, outage_length
from watchkeeper.plan.proofs.timeline import Phase, Span, Timeline
from watchkeeper.plan.slo.slo_alerts import MISSING_HOLD
from watchkeeper.plan.slo.tiers import Tier

_ROW = "planned work"
# Where a burn stops before a window: so little below a threshold that it is crossed while older traffic is forgotten.
_NEARLY, _STEPS = 0.99, 125


def planned_work(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield the scenarios of an SLO whose service has maintenance windows."""
    if profile.parameters.planned_work is None:
        return
    yield _outage_around(profile)
    yield from _crossed_inside(profile)
    yield from _missing_inside(profile)
    yield from _idle_inside(profile)
    yield _both_budgets(profile)


def _outage_around(profile: ScenarioProfile) -> Scenario:
    """Return an outage that pages before a window, goes on in it, in which the page ends, and pages again after it."""
    clock, left_out = profile.live_clock, int(profile.parameters.left_out.seconds)
    before = (profile.phase(10 * MINUTE),)
    burn = profile.phase(outage_length(profile, before) + 2 * MINUTE, 1.0)
    shorts = [int(tier.short.seconds) for tier in profile.parameters.tiers if tier.kind == "page"]
    quiet = max((0, *shorts)) + profile.keep + clock.lag + 4 * clock.step
    inside = replace(profile.phase(max(quiet, 20 * MINUTE), 1.0), planned=True)
    timeline = Timeline(
        (*before, burn, inside, profile.phase(_second_page(profile, (*before, burn, inside)), 1.0))
    )
    checks: list[AlertCheck] = []
    if naming.FAST_BURN in profile.kinds:
        spans = _begun_outside(burning(profile.parameters, timeline, naming.FAST_BURN), *timeline.starts[2:4])
        checks += alert_checks(naming.FAST_BURN, spans, timeline, clock, keep=profile.keep, late=left_out)
    at = timeline.starts[3]
    return Scenario(
        "a total outage pages before a maintenance window, goes on in it, where the page ends, and pages again after it",
        "live",
        timeline,
        tuple(checks),
        tuple(_values_inside(profile, at)),
        row=PageRow(_ROW, naming.FAST_BURN, "an outage before, in and after a maintenance window"),
    )


def _second_page(profile: ScenarioProfile, known: tuple[Phase, ...]) -> float:
    """Return how long an outage must go on after a window until it pages for certain; ten minutes without pages."""
    ends, clock = sum(phase.seconds for phase in known), profile.live_clock
    long = Timeline((*known, profile.phase(HOUR, 1.0)))
    opens = ends - known[-1].seconds
    spans = _begun_outside(burning(profile.parameters, long, naming.FAST_BURN), opens, ends)
    late = next((start - ends for start, _ in spans if start >= ends), 10 * MINUTE)
    return late + float(profile.parameters.left_out.seconds) + clock.lag + 2 * clock.step


def _begun_outside(spans: list[Span], opens: float, ends: float) -> Iterator[Span]:
    """Yield spans of a condition; one that begins in a window begins to fire when the window ends, if it lasts so long."""
    for start, end in spans:
        if not opens < start < ends:
            yield start, end
        elif end > ends:
            yield ends, end


def _values_inside(profile: ScenarioProfile, at: int) -> Iterator[ValueCheck]:
    for record in (naming.TOTAL_BASE, naming.BAD_BASE, naming.TOTAL_TILE, naming.BAD_TILE):
        yield ValueCheck(at, record, 0.0, TINY)
    for record in (naming.TOTAL_ALL, naming.BAD_ALL, naming.TOTAL_ALL_TILE, naming.BAD_ALL_TILE):
        yield ValueCheck(at, record, profile.rate, profile.rate * 0.01)


def _crossed_inside(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield a burn just below a threshold, which a window makes it cross: healthy traffic leaves, and none comes."""
    clock = profile.live_clock
    for tier in profile.parameters.tiers[:1]:
        timeline = _nearly(profile, tier)
        opened = timeline.starts[3]
        spans = burning(profile.parameters, timeline, naming.FAST_BURN)
        if len(spans) != 1 or naming.FAST_BURN not in profile.kinds or tier.kind != "page":
            return
        start, end = spans[0]
        if start > opened + clock.step and end - start > 2 * clock.step:
            yield Scenario(
                f"a burn just below {tier.long}/{tier.short}, which is crossed while a maintenance window is open",
                "live",
                timeline,
                (AlertCheck(clock.at_or_before(end), naming.FAST_BURN, firing=False, aspect="silent"),),
                row=PageRow(_ROW, naming.FAST_BURN, "no page begins in a maintenance window"),
            )


def _nearly(profile: ScenarioProfile, tier: Tier) -> Timeline:
    bad = _NEARLY * float(tier.threshold) * float(tier.long.seconds)
    burn = profile.phase(bad)
    known = profile.phase(float(tier.long.seconds) + 2 * MINUTE)
    counted = profile.phase(profile.live_clock.lag)
    inside = replace(profile.phase(float(tier.short.seconds)), planned=True)
    # Whole events a scrape: a counter that stops between two numbers may seem to have been reset.
    ratio = int(bad / burn.seconds * _STEPS) / _STEPS
    return Timeline((known, replace(burn, ratio=ratio), counted, inside))


def _missing_inside(profile: ScenarioProfile) -> Iterator[Scenario]:
    if naming.METRIC_MISSING not in profile.kinds:
        return
    clock, hold, kind = profile.live_clock, int(MISSING_HOLD.seconds), naming.METRIC_MISSING
    gone = replace(profile.phase(hold + clock.lag + 2 * clock.step), present=False)
    timeline = Timeline((profile.phase(5 * MINUTE), replace(gone, planned=True), gone))
    ends = timeline.starts[2]
    yield Scenario(
        "the metric vanishes in a maintenance window, and has not returned after it",
        "live",
        timeline,
        (
            AlertCheck(ends, kind, firing=False, aspect="silent"),
            AlertCheck(clock.at_or_before(ends + hold), kind, firing=False, aspect="silent"),
            AlertCheck(clock.at_or_after(ends + hold + clock.lag), kind, firing=True, aspect="fires"),
        ),
        row=PageRow(_ROW, kind, "the metric is missing in and after a maintenance window"),
    )


def _idle_inside(profile: ScenarioProfile) -> Iterator[Scenario]:
    if naming.IDLE not in profile.kinds or profile.idle_after is None or profile.is_time:
        return
    clock = profile.live_clock
    inside = replace(profile.phase(profile.idle_after + clock.lag + 2 * clock.step), planned=True)
    timeline = Timeline((profile.phase(5 * MINUTE), inside))
    yield Scenario(
        "traffic that does not count because a maintenance window is open",
        "live",
        timeline,
        (AlertCheck(clock.at_or_before(timeline.end), naming.IDLE, firing=False, aspect="silent"),),
        row=PageRow(_ROW, naming.IDLE, "a busy service in a maintenance window"),
    )


def _both_budgets(profile: ScenarioProfile) -> Scenario:
    """Return an hour of planned outage at the pace of rollups: one budget is untouched, the other one is not."""
    healthy = profile.rollup_phase(2 * HOUR)
    inside = profile.rollup_phase(HOUR, 1.0)
    plain = Timeline((healthy, inside, healthy))
    timeline = Timeline((healthy, replace(inside, planned=True), healthy))
    window, budget = float(profile.parameters.window.seconds), float(profile.parameters.budget)
    used = plain.error_ratio(window, plain.end) / budget
    # Rollups lag behind, and the first one covers a part of its five minutes.
    near = used * float(TILE.seconds) * 2 / HOUR
    return Scenario(
        "an hour of planned outage: the budget is untouched, and would not be if planned work counted",
        "rollup",
        timeline,
        (),
        (
            ValueCheck(timeline.end, naming.REMAINING, 1.0, TINY),
            ValueCheck(timeline.end, naming.REMAINING_ALL, 1 - used, near),
        ),
        row=PageRow(_ROW, naming.BUDGET_EXHAUSTED, "the budget with planned work and without it"),
    )
