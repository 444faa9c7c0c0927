"""Stories at the pace of life: an outage and its end, a process that is down, the first minutes, single failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.plan.proofs.cast import Cast, below_gate, burn_checks, first_page
from watchkeeper.plan.proofs.story import AlertCheck, Story, ValueCheck
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.alerts import MISSING_HOLD
from watchkeeper.plan.slo.base import FROM_BASE, TILE

_MINUTE, _HOUR = 60, 3600
_LONGEST_WAIT = 7 * _HOUR
_FAST = (naming.FAST_BURN,)
_TINY = 1e-6


def minutes(cast: Cast) -> Iterator[Story]:
    """Yield the stories that are told at the evaluation interval."""
    yield _outage(cast)
    yield _young(cast)
    yield from _above(cast)
    yield _down(cast)
    yield _missing(cast)
    if not cast.is_time:
        yield from _few_failures(cast)


def _wait(cast: Cast, before: tuple[Phase, ...], *, reset: bool = False) -> float:
    """Return how long a total outage must last until the page is out, with a margin; ten minutes without pages."""
    long = Timeline((*before, Phase(_LONGEST_WAIT, cast.rate, 1.0, reset=reset)))
    page = first_page(cast, long)
    since = sum(phase.seconds for phase in before)
    return 10 * _MINUTE if page is None else page - since + cast.fine.lag + 2 * cast.fine.step


def _outage(cast: Cast) -> Story:
    before = (
        cast.former_phase(20 * _MINUTE),
        cast.phase(10 * _MINUTE),
        Phase(10 * _MINUTE, cast.rate, reset=True),
    )
    outage = cast.phase(_wait(cast, before), 1.0)
    back = cast.phase(45 * _MINUTE)
    phases = [*before, outage, back]
    if not cast.is_time:
        phases.append(cast.phase(_quiet(cast), rate=0.0))
    timeline = Timeline(tuple(phases))
    values = [*_healthy(cast, timeline.starts[3]), *_burning(cast, timeline, timeline.starts[4])]
    full = cast.fine.at_or_after(timeline.starts[3] + float(TILE.seconds) + cast.fine.lag)
    if full <= timeline.starts[4]:
        values.append(ValueCheck(full, naming.BAD_TILE, cast.rate, cast.rate * 0.01))
    if not cast.is_time:
        values += _idle(cast, timeline.end)
    return Story(
        "a total outage after healthy minutes with a counter reset, then recovery, then no traffic; "
        "a neighbour fails all along, a target never answers, and the team was renamed before",
        "minutes",
        timeline,
        tuple(burn_checks(cast, timeline, cast.fine, _FAST)),
        tuple(values),
        strange=True,
    )


def _healthy(cast: Cast, at: int) -> Iterator[ValueCheck]:
    yield ValueCheck(at, naming.TOTAL_BASE, cast.rate, cast.rate * 0.001)
    yield ValueCheck(at, naming.BAD_BASE, 0.0, _TINY)
    yield ValueCheck(at, naming.OBJECTIVE, float(cast.shape.objective), 1e-12)
    yield ValueCheck(at, naming.REMAINING, 1.0, _TINY)
    yield ValueCheck(at, naming.EXHAUSTION, None)


def _burning(cast: Cast, timeline: Timeline, at: int) -> Iterator[ValueCheck]:
    """Yield what the windows show at the end of an outage, within what the lag can move them."""
    yield ValueCheck(at, naming.TOTAL_BASE, cast.rate, cast.rate * 0.001)
    yield ValueCheck(at, naming.BAD_BASE, cast.rate, cast.rate * 0.001)
    yield from _windows(cast, timeline, at, 1.0)


def _windows(cast: Cast, timeline: Timeline, at: int, ratio: float) -> Iterator[ValueCheck]:
    """Yield what the windows from the base show while the share `ratio` is bad."""
    budget = float(cast.shape.budget)
    for window in cast.shape.windows:
        if window > FROM_BASE:
            continue
        seconds = float(window.seconds)
        want, tolerance = timeline.error_ratio(seconds, at), cast.fine.lag / seconds * ratio
        yield ValueCheck(at, naming.error_ratio(str(window)), want, tolerance)
        if str(window) in ("1h", "6h"):
            yield ValueCheck(at, naming.burn_rate(str(window)), want / budget, tolerance / budget)


def _quiet(cast: Cast) -> float:
    """Return how long nothing must happen until the shortest window has forgotten what did."""
    return float(cast.shape.windows[0].seconds) + cast.fine.lag + 2 * _MINUTE


def _idle(cast: Cast, at: int) -> Iterator[ValueCheck]:
    yield ValueCheck(at, naming.TOTAL_BASE, 0.0, _TINY)
    yield ValueCheck(at, naming.BAD_BASE, 0.0, _TINY)
    yield ValueCheck(at, naming.error_ratio(str(cast.shape.windows[0])), 0.0, _TINY)


def _young(cast: Cast) -> Story:
    before = (cast.phase(3 * _MINUTE),)
    timeline = Timeline((*before, cast.phase(_wait(cast, before), 1.0)))
    return Story(
        "a total outage three minutes after the service was born, its first errors ever: missing history is healthy",
        "minutes",
        timeline,
        tuple(burn_checks(cast, timeline, cast.fine, _FAST)),
        start=0,
    )


def _above(cast: Cast) -> Iterator[Story]:
    """Yield a burn just above the fastest tier, in whose hour five minutes are too coarse a look."""
    for tier in cast.shape.tiers[:1]:
        burn = cast.phase(float(tier.long.seconds) / 1.05 + 2 * cast.fine.lag, float(tier.threshold) * 1.05)
        first = cast.former_phase(10 * _MINUTE, burn.ratio)
        timeline = Timeline((first, replace(burn, seconds=burn.seconds - first.seconds)))
        title = (
            f"burning just above the threshold of {tier.long}/{tier.short}; the team was renamed meanwhile"
        )
        checks = tuple(burn_checks(cast, timeline, cast.fine, _FAST))
        seen = tuple(_windows(cast, timeline, 2 * first.seconds, burn.ratio))
        yield Story(title, "minutes", timeline, checks, seen)


def _down(cast: Cast) -> Story:
    scrape = int(cast.shape.base.scrape.seconds)
    blip = Phase(2 * scrape, cast.rate, up=False)
    half = cast.phase(_HOUR // 2, rate=cast.rate if cast.is_time else cast.rate / 2)
    # Two failed scrapes are no outage.
    before = (half, cast.phase(20 * _MINUTE), blip, Phase(10 * _MINUTE - blip.seconds, cast.rate))
    mean = cast.rate if cast.is_time else cast.rate * 0.75
    late = 3 * scrape
    gone = cast.phase((_wait(cast, before) + late) * 1.15 if cast.is_down_bad else 20 * _MINUTE)
    bad = Phase(gone.seconds, mean, 1.0, up=False)
    back = Phase(5 * _MINUTE, cast.rate, reset=True)
    timeline = Timeline((*before, bad, back))
    failed, down, at = timeline.starts[3], timeline.starts[4], timeline.starts[5]
    if not cast.is_down_bad:
        silent = [
            AlertCheck(moment, naming.FAST_BURN, firing=False, aspect="silent")
            for moment in (at, timeline.end)
        ]
        nothing = (ValueCheck(at, naming.TOTAL_BASE, None), ValueCheck(at, naming.BAD_BASE, None))
        kinds = [check for check in silent if check.alert in cast.kinds]
        return Story(
            "the process is down for a while, and downtime is a gap",
            "minutes",
            timeline,
            tuple(kinds),
            nothing,
        )
    checks = [AlertCheck(down, naming.FAST_BURN, firing=False, aspect="silent")]
    if first_page(cast, timeline) is not None:
        checks.append(AlertCheck(cast.fine.at_or_before(at), naming.FAST_BURN, firing=True, aspect="fires"))
    # What the beginning of the outage hides is missing from the mean of the hour.
    hidden = (late + float(cast.shape.base.reach.seconds)) / _HOUR
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


def _missing(cast: Cast) -> Story:
    rate = 1.0 if cast.is_time else 0.0
    first = Phase(10 * _MINUTE, rate)
    # Long enough for the hold and everything that is late, and then to be seen to end.
    late = cast.fine.lag + 2 * cast.fine.step
    absent = replace(cast.phase(max(8 * _MINUTE, int(MISSING_HOLD.seconds) + late), rate=0.0), present=False)
    again = replace(cast.phase(max(5 * _MINUTE, late)), reset=True)
    idle = cast.idle_after if cast.idle_after is not None and not cast.is_time else None
    if idle is not None:
        first = Phase(-int(-(idle + 5 * _MINUTE) // _MINUTE) * _MINUTE, 0.0)
    timeline = Timeline((first, absent, again))
    gone, back = timeline.starts[1], timeline.starts[2]
    checks = _absence(cast, gone, back, timeline.end)
    if idle is not None and naming.IDLE in cast.kinds:
        checks += [
            AlertCheck(
                cast.fine.at_or_before(idle - cast.fine.step), naming.IDLE, firing=False, aspect="silent"
            ),
            AlertCheck(cast.fine.at_or_after(idle + cast.fine.lag), naming.IDLE, firing=True, aspect="fires"),
            AlertCheck(back, naming.IDLE, firing=False, aspect="resolves"),
        ]
    checks += [
        AlertCheck(at, kind, firing=False, aspect="silent")
        for at in (gone, timeline.end)
        for kind in cast.kinds
        if kind not in (naming.IDLE, naming.METRIC_MISSING)
    ]
    values = [] if cast.is_time else [*_idle(cast, gone), *_windows(cast, timeline, gone, _TINY)]
    values += [ValueCheck(gone, naming.REMAINING, 1.0, _TINY), ValueCheck(back, naming.REMAINING, 1.0, _TINY)]
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


def _few_failures(cast: Cast) -> Iterator[Story]:
    """Yield a story of traffic so thin that a ratio alone would page at one failure less than the gate asks for."""
    tier = next((tier for tier in cast.shape.tiers if tier.kind == "page"), None)
    if tier is None or naming.FAST_BURN not in cast.kinds or tier.min_events < 2:
        return
    scrape = int(cast.shape.base.scrape.seconds)
    few, more = below_gate(tier)
    # So thin that even `few` failures are more than the threshold allows, with a fifth to spare.
    thin = 0.8 * few * (1 / (1.05 * float(tier.threshold)) - 1) / float(tier.long.seconds)

    def failures(count: float) -> Phase:
        return Phase(scrape, thin + count / scrape, (count / scrape) / (thin + count / scrape))

    quiet = Phase(-int(-float(tier.long.seconds) // _MINUTE) * _MINUTE, thin)
    clock = cast.fine
    pause = Phase(max(4 * _MINUTE - scrape, -int(-(clock.lag + clock.step) // scrape) * scrape), thin)
    timeline = Timeline((quiet, failures(few), pause, failures(more), pause))
    first, second = timeline.starts[1], timeline.starts[3]
    checks = [
        AlertCheck(clock.at_or_after(first + clock.step), naming.FAST_BURN, firing=False, aspect="silent"),
        AlertCheck(clock.at_or_before(second), naming.FAST_BURN, firing=False, aspect="silent"),
        AlertCheck(
            clock.at_or_after(second + scrape + clock.lag), naming.FAST_BURN, firing=True, aspect="fires"
        ),
    ]
    words = "one failure" if few == 1 else f"{few:g} failures"
    yield Story(
        f"{words} in thin traffic, which must stay silent, then a few more",
        "minutes",
        timeline,
        tuple(checks),
    )
