"""Scenarios of absence: a process that is down, and a metric that is missing while its targets answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile, page_begin
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, HeldCheck, PageRow, Scenario, ValueCheck
from watchkeeper.plan.proofs.scenarios.shared_checks import (
    HOUR,
    MINUTE,
    TINY,
    idle_checks,
    outage_length,
    window_checks,
)
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.slo_alerts import MISSING_HOLD


def down(profile: ScenarioProfile) -> Scenario:
    """Return the scenario of a process that is down: the downtime spends the budget, or is a gap."""
    scrape = int(profile.parameters.base.scrape.seconds)
    blip = Phase(2 * scrape, profile.rate, up=False)
    # The rush is over an hour ago when the outage begins: the mean of the hour knows nothing of it.
    rush = () if profile.is_time else (profile.phase(5 * MINUTE, rate=profile.rate * 5),)
    half = profile.phase(HOUR // 2 + 2 * MINUTE, rate=profile.rate if profile.is_time else profile.rate / 2)
    # Two failed scrapes are not an outage.
    before = (*rush, half, profile.phase(20 * MINUTE), blip, Phase(10 * MINUTE - blip.seconds, profile.rate))
    mean = profile.rate if profile.is_time else profile.rate * 0.75
    late = 3 * scrape
    gone = profile.phase(
        (outage_length(profile, before) + late) * 1.15 if profile.is_down_bad else 20 * MINUTE
    )
    bad = Phase(gone.seconds, mean, 1.0, up=False)
    back = Phase(5 * MINUTE, profile.rate, reset=True)
    timeline = Timeline((*before, bad, back))
    failed, down, at = timeline.starts[-4], timeline.starts[-3], timeline.starts[-2]
    if not profile.is_down_bad:
        return _gap(profile, timeline, at)
    checks = [AlertCheck(down, naming.FAST_BURN, firing=False, aspect="silent")]
    if page_begin(profile, timeline) is not None:
        checks.append(
            AlertCheck(profile.live_clock.at_or_before(at), naming.FAST_BURN, firing=True, aspect="fires")
        )
    # Counters are extrapolated over a gap; a gauge has no value in it.
    blind = (
        ValueCheck(
            profile.live_clock.at_or_before(failed), naming.TOTAL_BASE, profile.rate, profile.rate * 0.7
        ),
        ValueCheck(profile.live_clock.at_or_before(failed), naming.BAD_BASE, 0.0, profile.rate * 0.001),
    )
    soon = profile.live_clock.at_or_after(down + late + 1)
    # Traffic of an hour ago was another one, so that a mean which is taken again would move.
    held = tuple(HeldCheck(at, record, soon) for record in (naming.TOTAL_BASE, naming.BAD_BASE))
    values = (*(() if profile.is_time else blind), *_replaced(profile, mean, late, (soon, at)), *held)
    return Scenario(
        "two scrapes fail, later the process is down and nothing is counted: the mean of the hour before replaces it",
        "live",
        timeline,
        tuple(check for check in checks if check.alert in profile.kinds),
        values,
        with_decoys=True,
        row=PageRow("the process is down, and downtime is bad", naming.FAST_BURN),
    )


def _replaced(
    profile: ScenarioProfile, mean: float, late: int, instants: tuple[int, ...]
) -> Iterator[ValueCheck]:
    """Yield the checks of the mean of the hour, which replaces what nobody counts."""
    # It lacks what the beginning of the outage hides.
    hidden = (late + float(profile.parameters.base.read_window.seconds)) / HOUR
    for at in instants:
        for record in (naming.TOTAL_BASE, naming.BAD_BASE):
            yield ValueCheck(at, record, mean, mean * max(0.03, hidden))


def _gap(profile: ScenarioProfile, timeline: Timeline, at: int) -> Scenario:
    silent = (
        AlertCheck(instant, naming.FAST_BURN, firing=False, aspect="silent") for instant in (at, timeline.end)
    )
    return Scenario(
        "the process is down for a while, and downtime is a gap",
        "live",
        timeline,
        tuple(check for check in silent if check.alert in profile.kinds),
        (ValueCheck(at, naming.TOTAL_BASE, None), ValueCheck(at, naming.BAD_BASE, None)),
        row=PageRow("the process is down, and downtime is a gap", naming.FAST_BURN),
    )


def missing(profile: ScenarioProfile) -> Scenario:
    """Return the scenario of nothing to count, then of a missing metric."""
    rate = 1.0 if profile.is_time else 0.0
    first = Phase(10 * MINUTE, rate)
    # Long enough for the alert's `for` and every delay, and then for the alert to resolve.
    late = profile.live_clock.lag + 2 * profile.live_clock.step
    absent = replace(
        profile.phase(max(8 * MINUTE, int(MISSING_HOLD.seconds) + late), rate=0.0), present=False
    )
    again = replace(profile.phase(max(5 * MINUTE, late)), reset=True)
    idle_after = profile.idle_after if profile.idle_after is not None and not profile.is_time else None
    if idle_after is not None:
        first = Phase(-int(-(idle_after + 5 * MINUTE) // MINUTE) * MINUTE, 0.0)
    timeline = Timeline((first, absent, again))
    gone, back = timeline.starts[1], timeline.starts[2]
    checks = _absence(profile, gone, back, timeline.end)
    if idle_after is not None and naming.IDLE in profile.kinds:
        checks += _idle(profile, idle_after, back)
    checks += [
        AlertCheck(at, kind, firing=False, aspect="silent")
        for at in (gone, timeline.end)
        for kind in profile.kinds
        if kind not in (naming.IDLE, naming.METRIC_MISSING)
    ]
    title = (
        "nothing to count from the start, and no failure ever; then the metric vanishes while the targets answer; "
        "then it returns"
    )
    return Scenario(
        title,
        "live",
        timeline,
        tuple(checks),
        tuple(_values_without_metric(profile, timeline, gone, back)),
        start=0,
        with_decoys=True,
        bad_series_absent=True,
        # A value that has had no event has no budget of its own.
        of_rest=profile.parameters.split is not None,
        row=PageRow("the metric vanishes while the targets answer", naming.METRIC_MISSING),
    )


def never_up(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield a service whose targets never answer, beside others that do: its metric is not what is missing."""
    if naming.METRIC_MISSING not in profile.kinds:
        return
    clock = profile.live_clock
    down = replace(profile.phase(int(MISSING_HOLD.seconds) + clock.lag + 3 * clock.step), up=False)
    timeline = Timeline((down,))
    check = AlertCheck(clock.at_or_before(timeline.end), naming.METRIC_MISSING, firing=False, aspect="silent")
    yield Scenario(
        "no target has answered yet, and those of another service do",
        "live",
        timeline,
        (check,),
        with_decoys=True,
    )


def _idle(profile: ScenarioProfile, idle_after: int, back: int) -> list[AlertCheck]:
    clock, kind = profile.live_clock, naming.IDLE
    return [
        AlertCheck(clock.at_or_before(idle_after - clock.step), kind, firing=False, aspect="silent"),
        AlertCheck(clock.at_or_after(idle_after + clock.lag), kind, firing=True, aspect="fires"),
        AlertCheck(back, kind, firing=False, aspect="resolves"),
    ]


def _values_without_metric(
    profile: ScenarioProfile, timeline: Timeline, gone: int, back: int
) -> Iterator[ValueCheck]:
    if not profile.is_time:
        yield from idle_checks(profile, gone)
        yield from window_checks(profile, timeline, gone, TINY)
    yield ValueCheck(gone, naming.REMAINING, 1.0, TINY)
    yield ValueCheck(back, naming.REMAINING, 1.0, TINY)
    yield ValueCheck(back, naming.TOTAL_BASE, None)
    yield ValueCheck(back, naming.BAD_BASE, None)


def _absence(profile: ScenarioProfile, gone: int, back: int, end: int) -> list[AlertCheck]:
    if naming.METRIC_MISSING not in profile.kinds:
        return []
    hold, clock, scrape = (
        int(MISSING_HOLD.seconds),
        profile.live_clock,
        int(profile.parameters.base.scrape.seconds),
    )
    kind = naming.METRIC_MISSING
    return [
        AlertCheck(gone, kind, firing=False, aspect="silent"),
        AlertCheck(clock.at_or_before(gone + hold), kind, firing=False, aspect="silent"),
        AlertCheck(clock.at_or_after(gone + hold + clock.lag), kind, firing=True, aspect="fires"),
        AlertCheck(back, kind, firing=True, aspect="fires"),
        AlertCheck(clock.at_or_after(back + 2 * scrape + clock.step), kind, firing=False, aspect="resolves"),
        AlertCheck(clock.at_or_before(end), kind, firing=False, aspect="silent"),
    ]
