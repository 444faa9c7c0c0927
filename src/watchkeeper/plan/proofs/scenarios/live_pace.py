"""Scenarios at the evaluation interval: an outage and its end, a process that is down, the first minutes, single failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.model.slo import TILE
from watchkeeper.plan.proofs.scenarios.absence import down, missing, never_up
from watchkeeper.plan.proofs.scenarios.paged_outages import paged_outages
from watchkeeper.plan.proofs.scenarios.profile import (
    JUST_BELOW,
    ScenarioProfile,
    below_min_events,
    burn_checks,
    edge_row,
    few_row,
)
from watchkeeper.plan.proofs.scenarios.scenario import (
    AlertCheck,
    DownAlert,
    PageRow,
    Scenario,
    Seen,
    ValueCheck,
)
from watchkeeper.plan.proofs.scenarios.shared_checks import (
    MINUTE,
    TINY,
    idle_checks,
    idle_length,
    kept_burn,
    outage_length,
    window_checks,
)
from watchkeeper.plan.proofs.timeline import Phase, Timeline

_FAST = (naming.FAST_BURN,)
# The step of the subquery by which a rollup measures how much of its five minutes has samples.
_COVERAGE_STEP = 30
# A base with a longer range covers too little of the first minutes to distinguish parts of a rollup.
_SHORT_READ_WINDOW = 75


def live_pace(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield the scenarios at the evaluation interval."""
    yield _outage(profile)
    yield _soon_after_start(profile)
    yield from _above(profile)
    if not profile.is_time and float(profile.parameters.base.read_window.seconds) <= _SHORT_READ_WINDOW:
        yield _bad_from_the_start(profile)
    yield down(profile)
    yield missing(profile)
    yield from never_up(profile)
    yield from paged_outages(profile)
    if not profile.is_time:
        yield from _few_failures(profile)


def _outage(profile: ScenarioProfile) -> Scenario:
    before = (
        profile.previous_labels_phase(20 * MINUTE),
        profile.phase(10 * MINUTE),
        Phase(10 * MINUTE, profile.rate, reset=True),
    )
    outage = profile.phase(outage_length(profile, before), 1.0)
    back = profile.phase(45 * MINUTE)
    phases = [*before, outage, back]
    if not profile.is_time:
        phases.append(profile.phase(idle_length(profile), rate=0.0))
    timeline = Timeline(tuple(phases))
    values = [*_healthy(profile, timeline.starts[3]), *_burning(profile, timeline, timeline.starts[4])]
    full = profile.live_clock.at_or_after(timeline.starts[3] + float(TILE.seconds) + profile.live_clock.lag)
    half = profile.live_clock.at_or_before(timeline.starts[3] + float(TILE.seconds) / 2)
    if half <= timeline.starts[4] and float(profile.parameters.base.window.seconds) <= 60:
        # Half a rollup of outage, as far as the base contains it by then.
        values.append(ValueCheck(half, naming.BAD_TILE, profile.rate * 0.33, profile.rate * 0.2))
    if full <= timeline.starts[4]:
        values.append(ValueCheck(full, naming.BAD_TILE, profile.rate, profile.rate * 0.01))
    if not profile.is_time:
        values += idle_checks(profile, timeline.end)
        values += _fading_tile(profile, timeline.starts[5], timeline.end)
    return Scenario(
        "a total outage after healthy minutes and a counter reset, then recovery, then no traffic; "
        "a decoy service fails throughout, one target never answers, and the team label changed before",
        "live",
        timeline,
        tuple(burn_checks(profile, timeline, profile.live_clock, _FAST)),
        tuple(values),
        with_decoys=True,
        row=PageRow("total outage", naming.FAST_BURN),
    )


def _fading_tile(profile: ScenarioProfile, idle: int, end: int) -> Iterator[ValueCheck]:
    """Yield the checks of a rollup whose traffic ends: after half of its five minutes, and after all of them."""
    half = profile.live_clock.at_or_before(idle + float(TILE.seconds) / 2)
    if float(profile.parameters.base.window.seconds) <= 60:
        yield ValueCheck(half, naming.TOTAL_TILE, profile.rate * 0.67, profile.rate * 0.2)
    yield ValueCheck(end, naming.TOTAL_TILE, 0.0, profile.rate * 0.01)


def _healthy(profile: ScenarioProfile, at: int) -> Iterator[ValueCheck]:
    yield ValueCheck(at, naming.TOTAL_BASE, profile.rate, profile.rate * 0.001)
    yield ValueCheck(at, naming.BAD_BASE, 0.0, TINY)
    yield ValueCheck(at, naming.OBJECTIVE, float(profile.parameters.objective), 1e-12)
    yield ValueCheck(at, naming.REMAINING, 1.0, TINY)
    yield ValueCheck(at, naming.EXHAUSTION, None)
    if profile.parameters.split is not None:
        yield ValueCheck(at, naming.OWN_BUDGET, 1.0, TINY)
        if profile.parameters.split.at_most > 1:
            yield ValueCheck(at, naming.OWN_BUDGET, 1.0, TINY, of="beside")
        yield ValueCheck(at, naming.TOTAL_BASE, 0.0, TINY, of="rest")
        yield ValueCheck(at, naming.BAD_BASE, 0.0, TINY, of="rest")


def _burning(profile: ScenarioProfile, timeline: Timeline, at: int) -> Iterator[ValueCheck]:
    """Yield the checks of the windows at the end of an outage, with the tolerance that the lag asks for."""
    yield ValueCheck(at, naming.TOTAL_BASE, profile.rate, profile.rate * 0.001)
    yield ValueCheck(at, naming.BAD_BASE, profile.rate, profile.rate * 0.001)
    yield from window_checks(profile, timeline, at, 1.0)


def _soon_after_start(profile: ScenarioProfile) -> Scenario:
    before = (profile.phase(3 * MINUTE),)
    timeline = Timeline((*before, profile.phase(outage_length(profile, before), 1.0)))
    return Scenario(
        "a total outage three minutes after the service first started, its first errors: missing history counts as healthy",
        "live",
        timeline,
        tuple(burn_checks(profile, timeline, profile.live_clock, _FAST)),
        start=0,
        row=PageRow("total outage soon after the first start", naming.FAST_BURN),
    )


def _bad_from_the_start(profile: ScenarioProfile) -> Scenario:
    """Return the first minutes of a service with half of its events bad: a rollup counts the covered part of its five minutes."""
    base = profile.parameters.base
    step, scrape = profile.live_clock.step, int(base.scrape.seconds)
    first = -(-scrape // step) * step
    at = profile.live_clock.at_or_before(max(5 * _COVERAGE_STEP, first + _COVERAGE_STEP))
    covered = ((at - first) // _COVERAGE_STEP + 1) * _COVERAGE_STEP
    timeline = Timeline((profile.phase(at + 2 * step, 0.5),))
    want = profile.rate * timeline.phases[0].ratio * min(1.0, covered / float(TILE.seconds))
    values = (
        # Up to a sixth less: the first evaluations of the base read a range that begins before the counters.
        ValueCheck(at, naming.TOTAL_TILE, profile.rate * 0.9, profile.rate * 0.15),
        ValueCheck(at, naming.BAD_TILE, want * 0.9, want * 0.25),
    )
    return Scenario(
        "half of all events are bad from the first minute: a rollup with few samples counts little",
        "live",
        timeline,
        (),
        values,
        with_decoys=True,
    )


def _above(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield a burn just above the fastest tier, then just below it: the short window decides that, the long one is still over.

    For its hour one evaluation in five minutes would be too coarse.
    """
    clock = profile.live_clock
    for tier in profile.parameters.tiers[:1]:
        burn = profile.phase(float(tier.long.seconds) / 1.05 + 2 * clock.lag, float(tier.threshold) * 1.05)
        first = profile.previous_labels_phase(10 * MINUTE, burn.ratio)
        late = clock.lag + profile.keep + 3 * clock.step
        below = profile.phase(float(tier.short.seconds) / 2 + late, float(tier.threshold) * JUST_BELOW)
        timeline = Timeline((first, replace(burn, seconds=burn.seconds - first.seconds), below))
        title = (
            f"burning just above the threshold of {tier.long}/{tier.short}, then just below it; "
            "the team label changes meanwhile"
        )
        checks = tuple(burn_checks(profile, timeline, clock, _FAST))
        seen: tuple[Seen, ...] = (
            *window_checks(profile, timeline, 2 * first.seconds, burn.ratio),
            *kept_burn(profile, tier, timeline, clock, checks),
        )
        row, down = edge_row(tier, "5% over it"), tuple(_pending_at_the_end(profile, timeline, checks))
        yield Scenario(title, "live", timeline, checks, seen, row=row, down_alerts=down)


def _pending_at_the_end(
    profile: ScenarioProfile, timeline: Timeline, checks: tuple[AlertCheck, ...]
) -> Iterator[DownAlert]:
    """Yield the page that the service is down, pending after the burn: it keeps no burn that fires from its end."""
    over = timeline.starts[-2]
    if profile.down_alert and any(check.firing and check.at <= over for check in checks):
        yield DownAlert("pending", ((over, timeline.end),))


def _few_failures(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield a scenario of traffic so thin that a ratio alone would page below the minimum-events guard."""
    tier = next((tier for tier in profile.parameters.tiers if tier.kind == "page"), None)
    if tier is None or naming.FAST_BURN not in profile.kinds:
        return
    scrape = int(profile.parameters.base.scrape.seconds)
    few, more = below_min_events(tier)
    # So thin that even `few` failures exceed the threshold, with a fifth to spare.
    thin = 0.8 * few * (1 / (1.05 * float(tier.threshold)) - 1) / float(tier.long.seconds)

    def failures(count: float) -> Phase:
        return Phase(scrape, thin + count / scrape, (count / scrape) / (thin + count / scrape))

    clock = profile.live_clock
    # A rush before the thin hour keeps the slower tiers silent: in their windows a few failures are a tiny share. The
    # failures right after it are outside the guard's window when the next ones come.
    rush = Phase(10 * MINUTE, profile.rate)
    thin_hour = Phase(-int(-(float(tier.long.seconds) + 2 * clock.lag) // MINUTE) * MINUTE, thin)
    rest = Phase(max(4 * MINUTE - scrape, -int(-(clock.lag + clock.step) // scrape) * scrape), thin)
    # Longer than half the guard's window, in which both must be counted.
    pause = Phase(-int(-0.58 * float(tier.long.seconds) // MINUTE) * MINUTE - scrape, thin)
    timeline = Timeline((rush, failures(few), thin_hour, failures(few), pause, failures(more), rest))
    first, second = timeline.starts[3], timeline.starts[5]
    # Counted in full by then, and still within the short window.
    counted = min(scrape + clock.lag, 0.8 * float(tier.short.seconds))
    checks = [
        AlertCheck(clock.at_or_after(first + counted), naming.FAST_BURN, firing=False, aspect="silent"),
        AlertCheck(clock.at_or_before(second), naming.FAST_BURN, firing=False, aspect="silent"),
        AlertCheck(
            clock.at_or_after(second + scrape + clock.lag), naming.FAST_BURN, firing=True, aspect="fires"
        ),
    ]
    failed = "one failure" if few == 1 else f"{few:g} failures"
    yield Scenario(
        f"{failed} long ago and again now in thin traffic, in which the alert must stay silent, then a few more",
        "live",
        timeline,
        tuple(checks),
        with_decoys=True,
        row=few_row(tier),
    )
