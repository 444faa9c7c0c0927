"""Stories of what is not there: a process that is down, and a metric that is gone while its targets answer."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper import naming
from watchkeeper.plan.proofs.expectations.expectations import HOUR, MINUTE, TINY, idle, wait, windows
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.profile import Cast, first_page
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Story, ValueCheck
from watchkeeper.plan.slo.slo_alerts import MISSING_HOLD


def down(cast: Cast) -> Story:
    """Return the story of a process that is down: the budget pays for it, or downtime is a gap."""
    scrape = int(cast.shape.base.scrape.seconds)
    blip = Phase(2 * scrape, cast.rate, up=False)
    half = cast.phase(HOUR // 2, rate=cast.rate if cast.is_time else cast.rate / 2)
    # Two failed scrapes are no outage.
    before = (half, cast.phase(20 * MINUTE), blip, Phase(10 * MINUTE - blip.seconds, cast.rate))
    mean = cast.rate if cast.is_time else cast.rate * 0.75
    late = 3 * scrape
    gone = cast.phase((wait(cast, before) + late) * 1.15 if cast.is_down_bad else 20 * MINUTE)
    bad = Phase(gone.seconds, mean, 1.0, up=False)
    back = Phase(5 * MINUTE, cast.rate, reset=True)
    timeline = Timeline((*before, bad, back))
    failed, down, at = timeline.starts[3], timeline.starts[4], timeline.starts[5]
    if not cast.is_down_bad:
        return _gap(cast, timeline, at)
    checks = [AlertCheck(down, naming.FAST_BURN, firing=False, aspect="silent")]
    if first_page(cast, timeline) is not None:
        checks.append(AlertCheck(cast.fine.at_or_before(at), naming.FAST_BURN, firing=True, aspect="fires"))
    # What the beginning of the outage hides is missing from the mean of the hour.
    hidden = (late + float(cast.shape.base.reach.seconds)) / HOUR
    near, soon = mean * max(0.03, hidden), cast.fine.at_or_after(down + late + 1)
    # Counters over a gap are extrapolated; a gauge in it is nothing.
    blind = (
        ValueCheck(cast.fine.at_or_before(failed), naming.TOTAL_BASE, cast.rate, cast.rate * 0.7),
        ValueCheck(cast.fine.at_or_before(failed), naming.BAD_BASE, 0.0, cast.rate * 0.001),
    )
    values = (
        *(() if cast.is_time else blind),
        ValueCheck(soon, naming.TOTAL_BASE, mean, near),
        ValueCheck(soon, naming.BAD_BASE, mean, near),
        ValueCheck(at, naming.TOTAL_BASE, mean, near),
        ValueCheck(at, naming.BAD_BASE, mean, near),
    )
    return Story(
        "two scrapes fail, later the process is down, and nothing is counted: the hour before stands in",
        "minutes",
        timeline,
        tuple(check for check in checks if check.alert in cast.kinds),
        values,
        strange=True,
    )


def _gap(cast: Cast, timeline: Timeline, at: int) -> Story:
    silent = (
        AlertCheck(moment, naming.FAST_BURN, firing=False, aspect="silent") for moment in (at, timeline.end)
    )
    return Story(
        "the process is down for a while, and downtime is a gap",
        "minutes",
        timeline,
        tuple(check for check in silent if check.alert in cast.kinds),
        (ValueCheck(at, naming.TOTAL_BASE, None), ValueCheck(at, naming.BAD_BASE, None)),
    )


def missing(cast: Cast) -> Story:
    """Return the story of nothing to count, then of no metric to count it by."""
    rate = 1.0 if cast.is_time else 0.0
    first = Phase(10 * MINUTE, rate)
    # Long enough for the hold and everything that is late, and then to be seen to end.
    late = cast.fine.lag + 2 * cast.fine.step
    absent = replace(cast.phase(max(8 * MINUTE, int(MISSING_HOLD.seconds) + late), rate=0.0), present=False)
    again = replace(cast.phase(max(5 * MINUTE, late)), reset=True)
    idle_after = cast.idle_after if cast.idle_after is not None and not cast.is_time else None
    if idle_after is not None:
        first = Phase(-int(-(idle_after + 5 * MINUTE) // MINUTE) * MINUTE, 0.0)
    timeline = Timeline((first, absent, again))
    gone, back = timeline.starts[1], timeline.starts[2]
    checks = _absence(cast, gone, back, timeline.end)
    if idle_after is not None and naming.IDLE in cast.kinds:
        checks += [
            AlertCheck(
                cast.fine.at_or_before(idle_after - cast.fine.step),
                naming.IDLE,
                firing=False,
                aspect="silent",
            ),
            AlertCheck(
                cast.fine.at_or_after(idle_after + cast.fine.lag), naming.IDLE, firing=True, aspect="fires"
            ),
            AlertCheck(back, naming.IDLE, firing=False, aspect="resolves"),
        ]
    checks += [
        AlertCheck(at, kind, firing=False, aspect="silent")
        for at in (gone, timeline.end)
        for kind in cast.kinds
        if kind not in (naming.IDLE, naming.METRIC_MISSING)
    ]
    values = [] if cast.is_time else [*idle(cast, gone), *windows(cast, timeline, gone, TINY)]
    values += [ValueCheck(gone, naming.REMAINING, 1.0, TINY), ValueCheck(back, naming.REMAINING, 1.0, TINY)]
    values += [ValueCheck(back, naming.TOTAL_BASE, None), ValueCheck(back, naming.BAD_BASE, None)]
    title = (
        "nothing to count from birth, and nothing ever failed; then the metric vanishes while the targets answer; "
        "then it is back"
    )
    return Story(title, "minutes", timeline, tuple(checks), tuple(values), start=0, strange=True, unborn=True)


def _absence(cast: Cast, gone: int, back: int, end: int) -> list[AlertCheck]:
    if naming.METRIC_MISSING not in cast.kinds:
        return []
    hold, clock, scrape = int(MISSING_HOLD.seconds), cast.fine, int(cast.shape.base.scrape.seconds)
    kind = naming.METRIC_MISSING
    return [
        AlertCheck(gone, kind, firing=False, aspect="silent"),
        AlertCheck(clock.at_or_before(gone + hold), kind, firing=False, aspect="silent"),
        AlertCheck(clock.at_or_after(gone + hold + clock.lag), kind, firing=True, aspect="fires"),
        AlertCheck(back, kind, firing=True, aspect="fires"),
        AlertCheck(clock.at_or_after(back + 2 * scrape + clock.step), kind, firing=False, aspect="resolves"),
        AlertCheck(clock.at_or_before(end), kind, firing=False, aspect="silent"),
    ]
