"""Scenarios of traffic so thin that the minimum-events guard decides, although the ratios are far above their thresholds.

Counters of a scenario may grow by fractions: at a rate of one event in two hours, half an event after an hour.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.scenarios.profile import (
    FEW,
    ScenarioProfile,
    below_min_events,
    burn_checks,
    few_row,
)
from watchkeeper.plan.proofs.scenarios.scenario import PageRow, Scenario
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.tiers import Tier

_HOUR = 3600
_PAUSE = 2 * _HOUR
_BURST = 600


def min_events_scenarios(
    profile: ScenarioProfile, tickets: list[Tier], pages: list[Tier]
) -> Iterator[Scenario]:
    """Yield a scenario for each guard over a window longer than an hour; the live pace proves shorter ones."""
    if profile.is_time:
        return
    for tier in pages:
        if tier.long.seconds > _HOUR:
            yield _guard_window(profile, tier)
    for tier in tickets[:1]:
        yield _first_of_its_kind(profile, tier)
    for faster, tier in itertools.pairwise(tickets):
        yield _alone(profile, tier, faster)
    whole = float(profile.parameters.window.seconds) * float(profile.parameters.budget)
    if naming.BUDGET_EXHAUSTED in profile.kinds:
        yield _thin(profile, whole + _PAUSE, profile.least_events, naming.BUDGET_EXHAUSTED, "the budget")
    for level in profile.levels:
        until, whose = whole * (1 - float(level.left)) + _PAUSE, f"the last {level.left:.0%} of the budget"
        yield _thin(profile, until, float(level.min_events), level.kind, whose)


def _first_of_its_kind(profile: ScenarioProfile, tier: Tier) -> Scenario:
    """Return a total outage: the ratio is over the threshold long before the guard is satisfied."""
    ratio_holds = float(tier.long.seconds) * float(tier.threshold)
    until = ratio_holds + min(_PAUSE, (float(tier.long.seconds) - ratio_holds) * 0.6)
    whose = f"{tier.long}/{tier.short}"
    return _thin(profile, until, float(tier.min_events), tier.alert_kind, whose)


def _guard_window(profile: ScenarioProfile, tier: Tier) -> Scenario:
    """Return three bursts of too few bad events each: the guard counts the first two together, and no longer all three.

    Half of its window would miss the first, twice its window would count it to the end.
    """
    guard, long, lag = float(tier.guard_limit), float(tier.long.seconds), profile.rollup_clock.lag
    # So many good events as the ratio allows: a guard that counts them too must be noticed.
    good = max(0.0, min(2.0, 0.9 / (1.3 * float(tier.threshold)) - 0.9)) * guard / long

    def burst(share: float) -> Phase:
        bad = share * guard / _BURST
        return Phase(_BURST, good + bad, round(bad / (good + bad), 9))

    apart = profile.rollup_phase(0.6 * long - _BURST, rate=good)
    # Until the first burst is outside.
    until = profile.rollup_phase(long + lag - apart.seconds - _BURST, rate=good)
    phases = (burst(0.65), apart, burst(0.45), until, burst(0.45), profile.rollup_phase(lag, rate=good))
    timeline = Timeline(phases)
    return Scenario(
        f"three times too few bad events for the minimum-events guard of {tier.long}/{tier.short}: "
        f"two of them are within {tier.long}, three never are",
        "rollup",
        timeline,
        tuple(burn_checks(profile, timeline, profile.rollup_clock, (tier.alert_kind,))),
        with_decoys=True,
    )


def _thin(profile: ScenarioProfile, until: float, events: float, kind: str, whose: str) -> Scenario:
    rate = (events - 0.5) / until
    timeline = Timeline((profile.rollup_phase(until + 3 * profile.rollup_clock.lag, 1.0, rate=rate),))
    return Scenario(
        f"a total outage in traffic so thin that the minimum-events guard of {whose} decides",
        "rollup",
        timeline,
        tuple(burn_checks(profile, timeline, profile.rollup_clock, (kind,))),
        with_decoys=True,
        row=PageRow(FEW, kind, whose),
    )


def _alone(profile: ScenarioProfile, tier: Tier, faster: Tier) -> Scenario:
    """Return too few events for the guard, later just enough; after the faster tier's short window only this tier fires."""
    few, more = below_min_events(tier)
    first = profile.rollup_phase(max(1.3 * float(tier.long.seconds) * float(tier.threshold), 600.0), 1.0)
    rate = few / first.seconds
    before = profile.rollup_phase(600, rate=rate)
    pause = profile.rollup_phase(float(faster.short.seconds) + 2 * profile.rollup_clock.lag, rate=rate)
    second = Phase(600, more / 600, 1.0)
    rest = profile.rollup_phase(float(tier.short.seconds), rate=rate)
    timeline = Timeline((before, Phase(first.seconds, rate, 1.0), pause, second, rest))
    return Scenario(
        f"too few bad events for the minimum-events guard of {tier.long}/{tier.short}, and later just enough",
        "rollup",
        timeline,
        tuple(burn_checks(profile, timeline, profile.rollup_clock, (tier.alert_kind,))),
        with_decoys=True,
        row=few_row(tier),
    )
