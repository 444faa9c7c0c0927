"""A scenario in which the first of two ticket tiers decides alone, by its short window and its minimum-events guard.

Elsewhere the slower ticket tier fires with it: both ask for about the same share of the budget. Here its short window
is diluted by a rush of healthy traffic, which the short window of the first tier does not contain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper.plan.proofs.scenarios.profile import JUST_ABOVE, JUST_BELOW, ScenarioProfile, burn_checks
from watchkeeper.plan.proofs.scenarios.scenario import Scenario
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.tiers import Tier

_SETTLED = 600
_HALF_AN_HOUR = 1800
_LONGEST_SHORT = 6 * 3600
_LONGEST_OUTAGE = 12 * 3600
_RUSH = 5.0


def short_window_scenarios(profile: ScenarioProfile, tier: Tier, slower: Tier) -> Iterator[Scenario]:
    """Yield an outage that the long window keeps, then a burn just below the tier's threshold, then just above it.

    None where the slower tier's short window is longer than 6h: its hours would be a fifth of all proofs.
    """
    if slower.short.seconds > _LONGEST_SHORT:
        return
    after = _after(profile, tier, slower)
    outage = _outage(profile, tier, after)
    if outage is None:
        return
    # The first rollup covers little: what follows must not depend on it.
    timeline = _scaled(profile, tier, Timeline((Phase(_SETTLED, outage.rate), outage, *after)))
    yield Scenario(
        f"an outage, then a burn for which the short window of {tier.long}/{tier.short} is too healthy, then a larger one",
        "rollup",
        timeline,
        tuple(burn_checks(profile, timeline, profile.rollup_clock, (tier.alert_kind,))),
    )


def _scaled(profile: ScenarioProfile, tier: Tier, timeline: Timeline) -> Timeline:
    """Return the timeline with so little traffic that its bad events are just enough for the tier's guard."""
    if profile.is_time:
        return timeline
    scale = JUST_ABOVE * float(tier.guard_limit) / timeline.bad_events(float(tier.long.seconds), timeline.end)
    return Timeline(tuple(replace(phase, rate=phase.rate * scale) for phase in timeline.phases))


def _after(profile: ScenarioProfile, tier: Tier, slower: Tier) -> tuple[Phase, ...]:
    """Return what follows the outage: the slower tier's short window is under its threshold before the tier's own is filled."""
    clock, limit = profile.rollup_clock, float(tier.threshold)
    short, late = float(tier.short.seconds), float(slower.short.seconds - tier.short.seconds)
    if profile.is_time:
        # A second is a second: without a rush the slower tier would fire before a burn above the threshold ends.
        return profile.rollup_phase(late + 2 * clock.lag), profile.rollup_phase(short, limit * JUST_BELOW)
    crossing = short * (1 - JUST_BELOW) / (JUST_ABOVE - JUST_BELOW)
    return (
        profile.rollup_phase(late + 2 * clock.lag, rate=profile.rate * _RUSH),
        profile.rollup_phase(short + clock.lag, limit * JUST_BELOW),
        profile.rollup_phase(crossing + clock.lag + 3 * clock.step, limit * JUST_ABOVE),
    )


def _outage(profile: ScenarioProfile, tier: Tier, after: tuple[Phase, ...]) -> Phase | None:
    """Return the shortest outage after which the long window is just above its threshold at the end; None without one."""
    rate, long = (profile.rate if profile.is_time else profile.rate * 2 * _RUSH), float(tier.long.seconds)
    rest = _SETTLED + sum(phase.seconds for phase in after)
    bad, total = Timeline((Phase(_SETTLED, rate), *after)).events(0, rest)
    for seconds in range(_HALF_AN_HOUR, _LONGEST_OUTAGE, _HALF_AN_HOUR):
        covered = min(1.0, (seconds + rest) / long)
        wanted = JUST_ABOVE * float(tier.threshold) / covered * (total + seconds * rate) - bad
        if wanted <= seconds * rate:
            return Phase(seconds, rate, round(wanted / (seconds * rate), 9))
    return None
