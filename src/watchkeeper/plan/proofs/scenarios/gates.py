"""Stories of traffic so thin that the number of bad events decides, although the ratios are far above.

Counters of a story may grow by fractions: half an event after an hour is what a rate of one in two hours means.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.profile import Cast, below_gate, burn_checks, kind_of
from watchkeeper.plan.proofs.scenarios.scenario import Story
from watchkeeper.plan.slo.tiers import Tier

_HOUR = 3600
_PAUSE = 2 * _HOUR


def gates(cast: Cast, tickets: list[Tier], pages: list[Tier]) -> Iterator[Story]:
    """Yield a story for each gate over a window longer than an hour; shorter ones are proven in minutes."""
    if cast.is_time:
        return
    for tiers in (pages, tickets):
        for tier in tiers[:2]:
            if tier.long.seconds > _HOUR and (tier.kind == "page" or tier is tiers[0]):
                yield _first_of_its_kind(cast, tier)
    for faster, tier in itertools.pairwise(tickets):
        if tier.min_events >= 2:
            yield _alone(cast, tier, faster)
    if naming.BUDGET_EXHAUSTED in cast.kinds:
        gone = float(cast.shape.window.seconds) * float(cast.shape.budget)
        yield _thin(cast, gone + _PAUSE, cast.least_events, naming.BUDGET_EXHAUSTED, "the budget")


def _first_of_its_kind(cast: Cast, tier: Tier) -> Story:
    """A total outage: the ratio is over the threshold long before the gate opens."""
    ratio_holds = float(tier.long.seconds) * float(tier.threshold)
    until = ratio_holds + min(_PAUSE, (float(tier.long.seconds) - ratio_holds) * 0.6)
    # A page ends with its short window, long before its long one has forgotten: the end is told by nothing else.
    after = float(tier.short.seconds) + 4 * cast.coarse.lag if tier.kind == "page" else 0.0
    whose = f"{tier.long}/{tier.short}"
    return _thin(cast, until, float(tier.min_events), kind_of(tier), whose, after=after)


def _thin(cast: Cast, until: float, events: float, kind: str, whose: str, *, after: float = 0.0) -> Story:
    rate = (events - 0.5) / until
    outage = cast.coarse_phase(until + 3 * cast.coarse.lag, 1.0, rate=rate)
    timeline = Timeline((outage, *((cast.coarse_phase(after, rate=rate),) if after else ())))
    return Story(
        f"a total outage in traffic so thin that the gate of {whose} decides",
        "days",
        timeline,
        tuple(burn_checks(cast, timeline, cast.coarse, (kind,))),
        strange=True,
    )


def _alone(cast: Cast, tier: Tier, faster: Tier) -> Story:
    """Too few events for the gate; later just enough, seen by this tier after the faster one's short window."""
    few, more = below_gate(tier)
    first = cast.coarse_phase(max(1.3 * float(tier.long.seconds) * float(tier.threshold), 600.0), 1.0)
    rate = few / first.seconds
    before = cast.coarse_phase(600, rate=rate)
    pause = cast.coarse_phase(float(faster.short.seconds) + 2 * cast.coarse.lag, rate=rate)
    second = Phase(600, more / 600, 1.0)
    rest = cast.coarse_phase(float(tier.short.seconds), rate=rate)
    timeline = Timeline((before, Phase(first.seconds, rate, 1.0), pause, second, rest))
    return Story(
        f"too few bad events for the gate of {tier.long}/{tier.short}, and later just enough",
        "days",
        timeline,
        tuple(burn_checks(cast, timeline, cast.coarse, (kind_of(tier),))),
        strange=True,
    )
