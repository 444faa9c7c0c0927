"""Lengths and checks that several scenarios share: of an outage, of idleness, of windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchkeeper import naming
from watchkeeper.emit.promql import number
from watchkeeper.plan.proofs.alert_spans import tier_spans
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile, page_begin
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Clock, KeptCheck, ValueCheck
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.base_window import FROM_BASE
from watchkeeper.plan.slo.tiers import Tier

MINUTE, HOUR = 60, 3600
TINY = 1e-6
_LONGEST_OUTAGE = 7 * HOUR


def outage_length(profile: ScenarioProfile, before: tuple[Phase, ...], *, reset: bool = False) -> float:
    """Return how long a total outage must last until the page fires, with a margin; ten minutes without pages."""
    long = Timeline((*before, Phase(_LONGEST_OUTAGE, profile.rate, 1.0, reset=reset)))
    page = page_begin(profile, long)
    since = sum(phase.seconds for phase in before)
    return (
        10 * MINUTE if page is None else page - since + profile.live_clock.lag + 2 * profile.live_clock.step
    )


def window_checks(
    profile: ScenarioProfile, timeline: Timeline, at: int, ratio: float
) -> Iterator[ValueCheck]:
    """Yield the checks of the windows that are read from the base, while the share `ratio` is bad."""
    budget = float(profile.parameters.budget)
    for window in profile.parameters.windows:
        if window > FROM_BASE:
            continue
        seconds = float(window.seconds)
        want, tolerance = timeline.error_ratio(seconds, at), profile.live_clock.lag / seconds * ratio
        yield ValueCheck(at, naming.error_ratio(str(window)), want, tolerance)
        if str(window) in ("1h", "6h"):
            yield ValueCheck(at, naming.burn_rate(str(window)), want / budget, tolerance / budget)


def idle_length(profile: ScenarioProfile) -> float:
    """Return how long a service must be idle until the shortest window is empty."""
    return float(profile.parameters.windows[0].seconds) + profile.live_clock.lag + 2 * MINUTE


def idle_checks(profile: ScenarioProfile, at: int) -> Iterator[ValueCheck]:
    """Yield the checks of an idle service."""
    yield ValueCheck(at, naming.TOTAL_BASE, 0.0, TINY)
    yield ValueCheck(at, naming.BAD_BASE, 0.0, TINY)
    yield ValueCheck(at, naming.error_ratio(str(profile.parameters.windows[0])), 0.0, TINY)


def kept_burn(
    profile: ScenarioProfile, tier: Tier, timeline: Timeline, clock: Clock, checks: Iterable[AlertCheck]
) -> Iterator[KeptCheck]:
    """Yield the check of a burn that goes on when the tier's short window is over; none where something else ends it."""
    late = clock.lag + profile.keep + clock.step
    spans = {one: tier_spans(one, timeline) for one in profile.parameters.tiers if one.kind == tier.kind}
    at = max(
        (one.at for one in checks if one.alert == tier.alert_kind and one.aspect == "resolves"), default=0
    )
    if len(spans[tier]) != 1 or not at:
        return
    (start, end) = spans[tier][0]
    others = (ends for one, many in spans.items() if one is not tier for _, ends in many)
    since, long = clock.at_or_after(start + clock.lag), float(tier.long.seconds)
    is_long_over = timeline.error_ratio(long, at) > float(tier.threshold)
    is_counted = timeline.bad_events(long, at) > float(tier.guard_limit)
    if since < end and is_long_over and is_counted and all(other + late < end for other in others):
        record, bound = naming.error_ratio(str(tier.short)), f"> {number(tier.threshold)}"
        yield KeptCheck(at, tier.alert_kind, since, record, bound, kept_evaluations(profile, clock))


def kept_evaluations(profile: ScenarioProfile, clock: Clock) -> int:
    """Return for how many evaluations an alert goes on, the one that finds its condition over included."""
    return -(-profile.keep // clock.step)
