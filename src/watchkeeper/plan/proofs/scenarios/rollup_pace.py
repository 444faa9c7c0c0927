"""Scenarios over hours, one evaluation per rollup: burns at the edge of each tier, and budgets that run out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.model.slo import TILE
from watchkeeper.plan.proofs.scenarios.budget_scenarios import budget_scenarios
from watchkeeper.plan.proofs.scenarios.min_events_guard import min_events_scenarios
from watchkeeper.plan.proofs.scenarios.profile import (
    BURNS,
    JUST_ABOVE,
    JUST_BELOW,
    ScenarioProfile,
    burn_checks,
    edge_row,
    needed,
    under,
)
from watchkeeper.plan.proofs.scenarios.scenario import (
    AlertCheck,
    KeptCheck,
    PageRow,
    Scenario,
    ValueCheck,
)
from watchkeeper.plan.proofs.scenarios.shared_checks import kept_burn, kept_evaluations
from watchkeeper.plan.proofs.scenarios.short_windows import short_window_scenarios
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.base_window import FROM_BASE
from watchkeeper.plan.slo.tiers import Tier

_GRID = int(TILE.seconds)
_HOUR = 3600
# Late enough that the delay of the rules is a twentieth of it, early enough to be cheap.
_CROSSING = 6 * _HOUR
_BURST = 2 * _HOUR


def rollup_pace(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield the scenarios at one evaluation per rollup."""
    tiers = [tier for tier in profile.parameters.tiers if tier.alert_kind in profile.kinds]
    pages = [tier for tier in tiers if tier.kind == "page"]
    tickets = [tier for tier in tiers if tier.kind == "ticket"]
    yield from _first_rollup(profile)
    # Without pages another tier checks the series that no other scenario checks.
    for tier in pages or tickets[:1] or profile.parameters.tiers[:1]:
        yield _below(profile, tier)
    for tier in pages[1:]:
        yield _above(profile, tier)
    for tier in tickets[:1]:
        yield _crossing(profile, tier, ends=len(tickets) == 1)
    for faster, tier in itertools.pairwise(tickets):
        yield from _bursts(profile, tier, faster)
        yield from short_window_scenarios(profile, faster, tier)
    yield _spent(profile)
    yield _down_for_an_hour(profile)
    yield from budget_scenarios(profile)
    yield from min_events_scenarios(profile, tickets, pages)


def _first_rollup(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield five minutes of base without a rollup: the errors of 6h replace those of longer windows."""
    phase = profile.previous_labels_phase(_GRID, 0.5, grid=_GRID)
    if not phase.previous_labels or not phase.ratio:
        return
    timeline = Timeline((phase,))
    wanted = (
        (str(window), timeline.error_ratio(float(window.seconds), _GRID))
        for window in profile.parameters.rollup_windows
    )
    values = tuple(ValueCheck(_GRID, naming.error_ratio(name), want, want * 0.01) for name, want in wanted)
    yield Scenario(
        "half of all events are bad in the first five minutes of a service, before its first rollup",
        "rollup",
        timeline,
        (),
        values,
        with_decoys=True,
    )


def _below(profile: ScenarioProfile, tier: Tier) -> Scenario:
    """Return a burn just below a tier for all of its long window: only slower tiers may fire, and every series gets steady."""
    burn = profile.rollup_phase(float(tier.long.seconds) + 4 * profile.rollup_clock.lag, under(tier))
    timeline = Timeline((burn,))
    return Scenario(
        f"burning just below the threshold of {tier.long}/{tier.short}",
        "rollup",
        timeline,
        tuple(burn_checks(profile, timeline, profile.rollup_clock, BURNS)),
        tuple(_steady(profile, timeline, burn)),
        with_decoys=True,
        row=edge_row(tier, "5% under it"),
    )


def _above(profile: ScenarioProfile, tier: Tier) -> Scenario:
    """Return a burn just above a tier until it fires, then just below it until its short window ends it."""
    burn = profile.rollup_phase(
        float(tier.long.seconds) / 1.05 + 2 * profile.rollup_clock.lag, float(tier.threshold) * 1.05
    )
    below = float(tier.threshold) * JUST_BELOW
    timeline = Timeline(
        (burn, profile.rollup_phase(float(tier.short.seconds) + 3 * profile.rollup_clock.lag, below))
    )
    return Scenario(
        f"burning just above the threshold of {tier.long}/{tier.short}, then just below it",
        "rollup",
        timeline,
        tuple(burn_checks(profile, timeline, profile.rollup_clock, (tier.alert_kind,))),
        with_decoys=True,
        row=edge_row(tier, "5% over it"),
    )


def _crossing(profile: ScenarioProfile, tier: Tier, *, ends: bool) -> Scenario:
    """Return a burn that crosses a tier's threshold at an instant that is known to a few percent."""
    outage = needed(profile, tier)
    ratio = min(1.0, max(outage / _CROSSING, float(tier.threshold) * 1.05))
    phases = [profile.rollup_phase(outage / ratio + 2 * profile.rollup_clock.lag, ratio)]
    if ends:
        phases.append(profile.rollup_phase(float(tier.short.seconds) + 3 * profile.rollup_clock.lag))
    timeline = Timeline(tuple(phases))
    checks = burn_checks(profile, timeline, profile.rollup_clock, (tier.alert_kind,))
    return Scenario(
        f"{ratio:.3%} bad: the long window of {tier.long}/{tier.short} must exceed its threshold, and not too soon",
        "rollup",
        timeline,
        tuple(checks),
        tuple(kept_burn(profile, tier, timeline, profile.rollup_clock, checks)),
        row=PageRow(f"burn that crosses the threshold of {tier.long}/{tier.short}", tier.alert_kind),
    )


def _bursts(profile: ScenarioProfile, tier: Tier, faster: Tier) -> Iterator[Scenario]:
    """Yield two bursts, of a little more and a little less than a tier asks for.

    Once the burst is outside the faster tier's short window, this tier alone decides.
    """
    outage = needed(profile, tier)
    ratio = min(1.0, outage / _BURST)
    for share, amount in ((1.08, "a little more"), (0.92, "a little less")):
        burst = profile.rollup_phase(outage * share / ratio, 1.0)
        # The grid rounds the length up; the ratio compensates for it.
        burst = Phase(burst.seconds, profile.rate, round(outage * share / burst.seconds, 9))
        before = profile.previous_labels_phase(_HOUR, grid=_GRID)
        # The first rollup under the new label covers little; what follows must not depend on it.
        settled = profile.rollup_phase(_HOUR / 2)
        timeline = Timeline((before, settled, burst, *_after_burst(profile, tier, faster, fires=share > 1)))
        checks = burn_checks(profile, timeline, profile.rollup_clock, (tier.alert_kind,))
        yield Scenario(
            f"the team label changes, then a burst with {amount} than {tier.long}/{tier.short} asks for, "
            f"already outside the short window of {faster.long}/{faster.short}",
            "rollup",
            timeline,
            tuple(checks),
            tuple(kept_burn(profile, tier, timeline, profile.rollup_clock, checks)),
            with_decoys=True,
            row=PageRow(f"a burst, for {tier.long}/{tier.short}", tier.alert_kind, amount),
        )


def _after_burst(profile: ScenarioProfile, tier: Tier, faster: Tier, *, fires: bool) -> tuple[Phase, ...]:
    """Return healthy traffic; after a burst that fires, first a burn that keeps the short window just above its threshold."""
    lag, step = profile.rollup_clock.lag, profile.rollup_clock.step
    if not fires:
        return (profile.rollup_phase(float(faster.short.seconds) + 3 * lag),)
    short, above = float(tier.short.seconds), float(tier.threshold) * JUST_ABOVE
    # The short window is under its threshold when a tenth of it is healthy, and over four fifths of it to the end.
    healthy = short * (1 - 1 / JUST_ABOVE) + lag + profile.keep + 2 * step
    return (profile.rollup_phase(short + lag + 2 * step, above), profile.rollup_phase(healthy))


def _steady(profile: ScenarioProfile, timeline: Timeline, burn: Phase) -> Iterator[ValueCheck]:
    """Yield the checks of every series at the end of a steady burn, which fills every window up to its length."""
    at, budget, whole = (
        burn.seconds,
        float(profile.parameters.budget),
        float(profile.parameters.window.seconds),
    )
    lag = 1.5 * profile.rollup_clock.lag / at
    yield ValueCheck(at, naming.TOTAL_TILE, profile.rate, profile.rate * 0.001)
    yield ValueCheck(at, naming.BAD_TILE, profile.rate * burn.ratio, profile.rate * burn.ratio * 0.001)
    for window in profile.parameters.windows:
        seconds = float(window.seconds)
        want = timeline.error_ratio(seconds, at)
        near = want * (0.001 if seconds + profile.rollup_clock.lag <= at and window <= FROM_BASE else lag)
        yield ValueCheck(at, naming.error_ratio(str(window)), want, near)
        if window > FROM_BASE:
            events = timeline.bad_events(seconds, at)
            yield ValueCheck(at, naming.error_ratio_tile(str(window)), want, want * lag)
            yield ValueCheck(at, naming.bad_events_tile(str(window)), events, events * lag)
        if str(window) in ("1h", "6h"):
            yield ValueCheck(at, naming.burn_rate(str(window)), want / budget, near / budget)
    spent = timeline.error_ratio(whole, at) / budget
    if profile.parameters.calendar is not None:
        name = naming.error_ratio(profile.parameters.window_name)
        yield ValueCheck(at, name, spent * budget, spent * budget * lag)
    yield ValueCheck(at, naming.REMAINING, 1 - spent, spent * lag)
    if spent < 0.9:
        burn_now = timeline.error_ratio(_HOUR, at) / budget
        last = (1 - spent) * whole / burn_now
        yield ValueCheck(at, naming.EXHAUSTION, last, last * (0.001 + spent * lag / (1 - spent)))


def _spent(profile: ScenarioProfile) -> Scenario:
    """Return a total outage until the budget is spent, then so much healthy traffic that the outage is a smaller share."""
    whole = float(profile.parameters.window.seconds) * float(profile.parameters.budget)
    half = _HOUR // 2
    phases = [profile.previous_labels_phase(half, grid=_GRID), profile.rollup_phase(half)]
    # All but a thirtieth is spent for as long as the rules may be late: no alert asks for less than the whole.
    nearly = profile.rollup_phase(0.97 * whole, 1.0)
    phases.append(Phase(nearly.seconds, profile.rate, round(0.97 * whole / nearly.seconds, 9)))
    phases.append(profile.rollup_phase(2 * profile.rollup_clock.lag))
    phases.append(profile.rollup_phase(0.03 * whole + 3 * profile.rollup_clock.lag, 1.0))
    if not profile.is_time:
        phases.append(profile.rollup_phase(2 * _HOUR, rate=profile.rate * 20))
    timeline = Timeline(tuple(phases))
    start, kinds = timeline.starts[2], (naming.FAST_BURN, naming.BUDGET_EXHAUSTED)
    checks = burn_checks(profile, timeline, profile.rollup_clock, kinds)
    return Scenario(
        "the team label changes, then a total outage until the error budget is spent, then a rush of healthy traffic",
        "rollup",
        timeline,
        tuple(checks),
        (
            *_kept_exhausted(profile, checks),
            ValueCheck(start, naming.REMAINING, 1.0, 1e-6),
            ValueCheck(start, naming.EXHAUSTION, None),
            ValueCheck(timeline.starts[5], naming.EXHAUSTION, 0.0, 1e-6),
        ),
        with_decoys=True,
        row=PageRow("total outage until the budget is spent", naming.BUDGET_EXHAUSTED),
    )


def _kept_exhausted(profile: ScenarioProfile, checks: list[AlertCheck]) -> Iterator[KeptCheck]:
    """Yield the check of a spent budget whose alert goes on when some of it is left again."""
    mine = [check for check in checks if check.alert == naming.BUDGET_EXHAUSTED]
    fires, ends = ([one.at for one in mine if one.aspect == aspect] for aspect in ("fires", "resolves"))
    if fires and ends:
        evaluations = kept_evaluations(profile, profile.rollup_clock)
        yield KeptCheck(ends[-1], naming.BUDGET_EXHAUSTED, fires[0], naming.REMAINING, "<= 0", evaluations)


def _down_for_an_hour(profile: ScenarioProfile) -> Scenario:
    """Return an hour of downtime half an hour after the team was renamed: the mean of the hour before is of two series."""
    half, gone = _HOUR // 2, _HOUR
    before = (profile.previous_labels_phase(3 * half, grid=_GRID), profile.rollup_phase(half))
    timeline = Timeline(
        (*before, Phase(gone, profile.rate, 1.0, up=False), Phase(half, profile.rate, reset=True))
    )
    spent = (
        gone / float(profile.parameters.window.seconds) / float(profile.parameters.budget)
        if profile.is_down_bad
        else 0.0
    )
    near = spent * 1.5 * profile.rollup_clock.lag / gone + 1e-6
    soon = timeline.starts[2] + profile.rollup_clock.lag
    want = profile.rate if profile.is_down_bad else None
    counted = tuple(
        ValueCheck(soon, name, want, profile.rate * 0.03) for name in (naming.TOTAL_BASE, naming.BAD_BASE)
    )
    return Scenario(
        "the team label changes, then the process is down for an hour: "
        + ("the downtime spends the budget" if profile.is_down_bad else "downtime is a gap"),
        "rollup",
        timeline,
        (),
        (*counted, ValueCheck(timeline.end, naming.REMAINING, 1 - spent, near)),
    )
