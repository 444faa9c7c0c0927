"""Scenarios of a page that has ended: the outage that it told of stays no page, and what burns later is one at its time."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.alert_spans import burning_from, tier_spans
from watchkeeper.plan.proofs.scenarios.profile import JUST_BELOW, ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import (
    AlertCheck,
    DownAlert,
    PageRow,
    Scenario,
    alert_checks,
)
from watchkeeper.plan.proofs.scenarios.shared_checks import HOUR, MINUTE
from watchkeeper.plan.proofs.timeline import Timeline
from watchkeeper.plan.slo.paged_outage import remains
from watchkeeper.plan.slo.tiers import Tier

_LONGEST_BURN = 2 * HOUR
# Enough to count from; the windows take what is missing as healthy.
_BEFORE = 2 * MINUTE
_THIN = 0.01
PAGED = "an outage that is paged already"


def ended_pages(profile: ScenarioProfile, length: float) -> Iterator[Scenario]:
    """Yield, for each page tier, an outage of that length with its page, and then a burn that only this tier tells of."""
    share = 1.0
    for tier in profile.parameters.tiers:
        if tier.kind != "page":
            continue
        # Under the thresholds of the faster tiers.
        scenario = _later_burn(profile, tier, length, share) if share > float(tier.threshold) else None
        if scenario is not None:
            yield scenario
        share = min(share, float(tier.threshold) * JUST_BELOW)


def _later_burn(profile: ScenarioProfile, tier: Tier, length: float, share: float) -> Scenario | None:
    """Return the outage, its end, and a burn of that share as soon as the tier is held back no longer.

    None where the tier would not burn then.
    """
    clock, held = profile.live_clock, float(remains(tier.short, profile.parameters.base).seconds)
    first = (
        profile.phase(_BEFORE),
        profile.phase(length + MINUTE, 1.0),
        # In thin traffic an outage is most of a short window almost until it has left it.
        profile.phase(held + clock.step, rate=profile.rate if profile.is_time else profile.rate * _THIN),
    )
    over = first[0].seconds + first[1].seconds
    burn = sum(phase.seconds for phase in first)
    begins = [
        start
        for start, _ in tier_spans(tier, Timeline((*first, profile.phase(_LONGEST_BURN, share))))
        if start > burn
    ]
    if not begins:
        return None
    late = profile.phase(begins[0] - burn + clock.lag + 2 * clock.step, share)
    timeline = Timeline((*first, late))
    # Meanwhile the service is away for a moment, too short for a page: that keeps nothing back.
    moment = max(burn, clock.at_or_before(begins[0]) - clock.step)
    return Scenario(
        f"an outage with its page, and after it a burn of which {tier.long}/{tier.short} alone tells",
        "live",
        timeline,
        tuple(_checks(profile, timeline, over)),
        row=PageRow(PAGED, naming.FAST_BURN, f"then a burn for {tier.long}/{tier.short}"),
        down_alerts=(
            DownAlert("firing", ((first[0].seconds, over),)),
            DownAlert("pending", ((burn, moment),)),
        ),
    )


def _checks(profile: ScenarioProfile, timeline: Timeline, over: int) -> Iterator[AlertCheck]:
    """Yield silence until each tier's windows have forgotten the outage, which ends at `over`, then the page."""
    clock, base = profile.live_clock, profile.parameters.base
    quiet = [float(over)]
    for tier in profile.parameters.tiers:
        if tier.kind == "page":
            quiet += [end for _, end in tier_spans(tier, timeline) if over < end < timeline.starts[3]]
    for instant in quiet:
        yield AlertCheck(clock.at_or_before(instant), naming.FAST_BURN, firing=False, aspect="silent")
    spans = burning_from(
        profile.parameters,
        timeline,
        naming.FAST_BURN,
        lambda tier: over + float(remains(tier.short, base).seconds),
    )
    yield from alert_checks(naming.FAST_BURN, spans, timeline, clock, keep=profile.keep)
