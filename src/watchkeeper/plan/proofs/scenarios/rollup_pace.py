"""Stories over hours, one evaluation a tile: burns at the edge of each tier, and budgets that run out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.gates import gates
from watchkeeper.plan.proofs.scenarios.profile import BURNS, Cast, burn_checks, kind_of, needed, under
from watchkeeper.plan.proofs.scenarios.scenario import Story, ValueCheck
from watchkeeper.plan.slo.base_window import FROM_BASE, TILE
from watchkeeper.plan.slo.tiers import Tier

_GRID = int(TILE.seconds)
_HOUR = 3600
# Late enough that the delay of the rules is a twentieth of it, early enough to be cheap.
_CROSSING = 6 * _HOUR
_BURST = 2 * _HOUR


def days(cast: Cast) -> Iterator[Story]:
    """Yield the stories that are told at one evaluation a tile."""
    tiers = [tier for tier in cast.shape.tiers if kind_of(tier) in cast.kinds]
    pages = [tier for tier in tiers if tier.kind == "page"]
    tickets = [tier for tier in tiers if tier.kind == "ticket"]
    yield from _first_tile(cast)
    # Without pages another tier shows the series that nothing else looks at.
    for tier in pages or tickets[:1] or cast.shape.tiers[:1]:
        yield _below(cast, tier)
    for tier in pages[1:]:
        yield _above(cast, tier)
    for tier in tickets[:1]:
        yield _crossing(cast, tier, ends=len(tickets) == 1)
    for faster, tier in itertools.pairwise(tickets):
        yield from _bursts(cast, tier, faster)
    yield _spent(cast)
    yield _down_for_an_hour(cast)
    yield from gates(cast, tickets, pages)


def _first_tile(cast: Cast) -> Iterator[Story]:
    """Yield five minutes of base and no tile yet: the share that 6h has in a longer window stands in."""
    phase = cast.former_phase(_GRID, 0.5, grid=_GRID)
    if not phase.former or not phase.ratio:
        return
    timeline = Timeline((phase,))
    wanted = (
        (str(window), timeline.error_ratio(float(window.seconds), _GRID)) for window in cast.shape.gated
    )
    values = tuple(ValueCheck(_GRID, naming.error_ratio(name), want, want * 0.01) for name, want in wanted)
    yield Story(
        "born a tile ago, half of everything is bad, and no tile is there yet",
        "days",
        timeline,
        (),
        values,
        strange=True,
    )


def _below(cast: Cast, tier: Tier) -> Story:
    """Just below a tier for all of its long window: only slower ones may see it. Every series is steady at the end."""
    burn = cast.coarse_phase(float(tier.long.seconds) + 4 * cast.coarse.lag, under(tier))
    timeline = Timeline((burn,))
    return Story(
        f"burning just below the threshold of {tier.long}/{tier.short}",
        "days",
        timeline,
        tuple(burn_checks(cast, timeline, cast.coarse, BURNS)),
        tuple(_steady(cast, timeline, burn)),
        strange=True,
    )


def _above(cast: Cast, tier: Tier) -> Story:
    """Just above a tier until it fires, then healthy until nothing does."""
    burn = cast.coarse_phase(
        float(tier.long.seconds) / 1.05 + 2 * cast.coarse.lag, float(tier.threshold) * 1.05
    )
    timeline = Timeline((burn, cast.coarse_phase(float(tier.short.seconds) + 3 * cast.coarse.lag)))
    return Story(
        f"burning just above the threshold of {tier.long}/{tier.short}, then healthy",
        "days",
        timeline,
        tuple(burn_checks(cast, timeline, cast.coarse, (kind_of(tier),))),
    )


def _crossing(cast: Cast, tier: Tier, *, ends: bool) -> Story:
    """A burn that crosses a tier's threshold at a moment that is known to a few percent."""
    outage = needed(cast, tier)
    ratio = min(1.0, max(outage / _CROSSING, float(tier.threshold) * 1.05))
    phases = [cast.coarse_phase(outage / ratio + 2 * cast.coarse.lag, ratio)]
    if ends:
        phases.append(cast.coarse_phase(float(tier.short.seconds) + 3 * cast.coarse.lag))
    timeline = Timeline(tuple(phases))
    return Story(
        f"{ratio:.3%} bad: the long window of {tier.long}/{tier.short} must see it, and not too soon",
        "days",
        timeline,
        tuple(burn_checks(cast, timeline, cast.coarse, (kind_of(tier),))),
    )


def _bursts(cast: Cast, tier: Tier, faster: Tier) -> Iterator[Story]:
    """Yield two bursts, of a little more and a little less than a tier asks for.

    Once the burst is longer ago than the faster tier's short window, this tier alone decides.
    """
    outage = needed(cast, tier)
    ratio = min(1.0, outage / _BURST)
    for share, words in ((1.08, "a little more"), (0.92, "a little less")):
        burst = cast.coarse_phase(outage * share / ratio, 1.0)
        # The grid rounds the length up; the ratio makes good for it.
        burst = Phase(burst.seconds, cast.rate, round(outage * share / burst.seconds, 9))
        wait = float(tier.short.seconds) if share > 1 else float(faster.short.seconds)
        before = cast.former_phase(_HOUR, grid=_GRID)
        # The first tile of the new name has seen little; what follows must not depend on it.
        settled = cast.coarse_phase(_HOUR / 2)
        timeline = Timeline((before, settled, burst, cast.coarse_phase(wait + 3 * cast.coarse.lag)))
        yield Story(
            f"the team is renamed, then a burst with {words} than {tier.long}/{tier.short} asks for, long enough ago "
            f"for {faster.long}/{faster.short}",
            "days",
            timeline,
            tuple(burn_checks(cast, timeline, cast.coarse, (kind_of(tier),))),
            strange=True,
        )


def _steady(cast: Cast, timeline: Timeline, burn: Phase) -> Iterator[ValueCheck]:
    """Yield what every series shows at the end of a steady burn, when windows up to its length are full of it."""
    at, budget, whole = burn.seconds, float(cast.shape.budget), float(cast.shape.window.seconds)
    lag = 1.5 * cast.coarse.lag / at
    yield ValueCheck(at, naming.TOTAL_TILE, cast.rate, cast.rate * 0.001)
    yield ValueCheck(at, naming.BAD_TILE, cast.rate * burn.ratio, cast.rate * burn.ratio * 0.001)
    for window in cast.shape.windows:
        seconds = float(window.seconds)
        want = timeline.error_ratio(seconds, at)
        near = want * (0.001 if seconds + cast.coarse.lag <= at and window <= FROM_BASE else lag)
        yield ValueCheck(at, naming.error_ratio(str(window)), want, near)
        if window > FROM_BASE:
            events = timeline.bad_events(seconds, at)
            yield ValueCheck(at, naming.error_ratio_tile(str(window)), want, want * lag)
            yield ValueCheck(at, naming.bad_events_tile(str(window)), events, events * lag)
        if str(window) in ("1h", "6h"):
            yield ValueCheck(at, naming.burn_rate(str(window)), want / budget, near / budget)
    spent = timeline.error_ratio(whole, at) / budget
    yield ValueCheck(at, naming.REMAINING, 1 - spent, spent * lag)
    if spent < 0.9:
        burn_now = timeline.error_ratio(_HOUR, at) / budget
        last = (1 - spent) * whole / burn_now
        yield ValueCheck(at, naming.EXHAUSTION, last, last * (0.001 + spent * lag / (1 - spent)))


def _spent(cast: Cast) -> Story:
    """A total outage until the budget is gone; then so much healthy traffic that it is a smaller share of it."""
    whole = float(cast.shape.window.seconds) * float(cast.shape.budget)
    half = _HOUR // 2
    phases = [cast.former_phase(half, grid=_GRID), cast.coarse_phase(half)]
    phases.append(cast.coarse_phase(whole + 3 * cast.coarse.lag, 1.0))
    if not cast.is_time:
        phases.append(cast.coarse_phase(2 * _HOUR, rate=cast.rate * 20))
    timeline = Timeline(tuple(phases))
    start = timeline.starts[2]
    return Story(
        "the team is renamed, then a total outage until the error budget is gone, then a rush of healthy traffic",
        "days",
        timeline,
        tuple(burn_checks(cast, timeline, cast.coarse, (naming.FAST_BURN, naming.BUDGET_EXHAUSTED))),
        (
            ValueCheck(start, naming.REMAINING, 1.0, 1e-6),
            ValueCheck(start, naming.EXHAUSTION, None),
            ValueCheck(timeline.starts[3], naming.EXHAUSTION, 0.0, 1e-6),
        ),
        strange=True,
    )


def _down_for_an_hour(cast: Cast) -> Story:
    before, gone = cast.coarse_phase(2 * _HOUR), _HOUR
    timeline = Timeline(
        (before, Phase(gone, cast.rate, 1.0, up=False), Phase(_HOUR // 2, cast.rate, reset=True))
    )
    spent = gone / float(cast.shape.window.seconds) / float(cast.shape.budget) if cast.is_down_bad else 0.0
    near = spent * 1.5 * cast.coarse.lag / gone + 1e-6
    return Story(
        "the process is down for an hour: "
        + ("the budget pays for it" if cast.is_down_bad else "downtime is a gap"),
        "days",
        timeline,
        (),
        (ValueCheck(timeline.end, naming.REMAINING, 1 - spent, near),),
    )
