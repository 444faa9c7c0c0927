"""Stories at the pace of life: an outage and its end, a process that is down, the first minutes, single failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.plan.proofs.expectations.expectations import MINUTE, TINY, idle, quiet, wait, windows
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.outages import down, missing
from watchkeeper.plan.proofs.scenarios.profile import Cast, below_gate, burn_checks
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Story, ValueCheck
from watchkeeper.plan.slo.base_window import TILE

_FAST = (naming.FAST_BURN,)
# How far apart the looks are by which a tile tells what it has seen of its five minutes.
_LOOK = 30
# A base that reaches further back knows too little of the first minutes to tell parts of a tile.
_SHORT_REACH = 75


def minutes(cast: Cast) -> Iterator[Story]:
    """Yield the stories that are told at the evaluation interval."""
    yield _outage(cast)
    yield _young(cast)
    yield from _above(cast)
    if not cast.is_time and float(cast.shape.base.reach.seconds) <= _SHORT_REACH:
        yield _born(cast)
    yield down(cast)
    yield missing(cast)
    if not cast.is_time:
        yield from _few_failures(cast)


def _outage(cast: Cast) -> Story:
    before = (
        cast.former_phase(20 * MINUTE),
        cast.phase(10 * MINUTE),
        Phase(10 * MINUTE, cast.rate, reset=True),
    )
    outage = cast.phase(wait(cast, before), 1.0)
    back = cast.phase(45 * MINUTE)
    phases = [*before, outage, back]
    if not cast.is_time:
        phases.append(cast.phase(quiet(cast), rate=0.0))
    timeline = Timeline(tuple(phases))
    values = [*_healthy(cast, timeline.starts[3]), *_burning(cast, timeline, timeline.starts[4])]
    full = cast.fine.at_or_after(timeline.starts[3] + float(TILE.seconds) + cast.fine.lag)
    half = cast.fine.at_or_before(timeline.starts[3] + float(TILE.seconds) / 2)
    if half <= timeline.starts[4] and float(cast.shape.base.window.seconds) <= 60:
        # Half a tile of outage, as far as the base knows it by then.
        values.append(ValueCheck(half, naming.BAD_TILE, cast.rate * 0.33, cast.rate * 0.2))
    if full <= timeline.starts[4]:
        values.append(ValueCheck(full, naming.BAD_TILE, cast.rate, cast.rate * 0.01))
    if not cast.is_time:
        values += idle(cast, timeline.end)
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
    yield ValueCheck(at, naming.BAD_BASE, 0.0, TINY)
    yield ValueCheck(at, naming.OBJECTIVE, float(cast.shape.objective), 1e-12)
    yield ValueCheck(at, naming.REMAINING, 1.0, TINY)
    yield ValueCheck(at, naming.EXHAUSTION, None)


def _burning(cast: Cast, timeline: Timeline, at: int) -> Iterator[ValueCheck]:
    """Yield what the windows show at the end of an outage, within what the lag can move them."""
    yield ValueCheck(at, naming.TOTAL_BASE, cast.rate, cast.rate * 0.001)
    yield ValueCheck(at, naming.BAD_BASE, cast.rate, cast.rate * 0.001)
    yield from windows(cast, timeline, at, 1.0)


def _young(cast: Cast) -> Story:
    before = (cast.phase(3 * MINUTE),)
    timeline = Timeline((*before, cast.phase(wait(cast, before), 1.0)))
    return Story(
        "a total outage three minutes after the service was born, its first errors ever: missing history is healthy",
        "minutes",
        timeline,
        tuple(burn_checks(cast, timeline, cast.fine, _FAST)),
        start=0,
    )


def _born(cast: Cast) -> Story:
    """The first minutes of a service of which half is bad from the start: a tile counts what it has seen of itself."""
    base = cast.shape.base
    step, scrape, look = cast.fine.step, int(base.scrape.seconds), _LOOK
    first = -(-scrape // step) * step
    at = cast.fine.at_or_before(max(5 * look, first + look))
    seen = (at - first) // look + 1
    timeline = Timeline((cast.phase(at + 2 * step, 0.5),))
    want = cast.rate * timeline.phases[0].ratio * min(1.0, seen * look / float(TILE.seconds))
    values = (
        # Up to a sixth less: the first looks of the base reach back to before the counters.
        ValueCheck(at, naming.TOTAL_TILE, cast.rate * 0.9, cast.rate * 0.15),
        ValueCheck(at, naming.BAD_TILE, want * 0.9, want * 0.25),
    )
    return Story(
        "half of everything is bad from birth: a tile that saw little counts little",
        "minutes",
        timeline,
        (),
        values,
        strange=True,
    )


def _above(cast: Cast) -> Iterator[Story]:
    """Yield a burn just above the fastest tier, in whose hour five minutes are too coarse a look."""
    for tier in cast.shape.tiers[:1]:
        burn = cast.phase(float(tier.long.seconds) / 1.05 + 2 * cast.fine.lag, float(tier.threshold) * 1.05)
        first = cast.former_phase(10 * MINUTE, burn.ratio)
        timeline = Timeline((first, replace(burn, seconds=burn.seconds - first.seconds)))
        title = (
            f"burning just above the threshold of {tier.long}/{tier.short}; the team was renamed meanwhile"
        )
        checks = tuple(burn_checks(cast, timeline, cast.fine, _FAST))
        seen = tuple(windows(cast, timeline, 2 * first.seconds, burn.ratio))
        yield Story(title, "minutes", timeline, checks, seen)


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

    clock = cast.fine
    # A rush before the thin hour keeps the slower tiers out of it: for them a few failures are nothing.
    rush = Phase(10 * MINUTE, cast.rate)
    quiet = Phase(-int(-(float(tier.long.seconds) + 2 * clock.lag) // MINUTE) * MINUTE, thin)
    rest = Phase(max(4 * MINUTE - scrape, -int(-(clock.lag + clock.step) // scrape) * scrape), thin)
    # Longer than half the gate's window, in which both must be counted.
    pause = Phase(-int(-0.58 * float(tier.long.seconds) // MINUTE) * MINUTE - scrape, thin)
    timeline = Timeline((rush, quiet, failures(few), pause, failures(more), rest))
    first, second = timeline.starts[2], timeline.starts[4]
    # Counted in full by then, and still within the short window.
    counted = min(scrape + clock.lag, 0.8 * float(tier.short.seconds))
    checks = [
        AlertCheck(clock.at_or_after(first + counted), naming.FAST_BURN, firing=False, aspect="silent"),
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
