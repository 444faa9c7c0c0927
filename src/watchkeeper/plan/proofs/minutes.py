"""Stories at the pace of life: an outage and its end, a process that is down, the first minutes, single failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.plan.proofs.away import down, missing
from watchkeeper.plan.proofs.cast import Cast, below_gate, burn_checks
from watchkeeper.plan.proofs.looks import MINUTE, TINY, idle, quiet, wait, windows
from watchkeeper.plan.proofs.story import AlertCheck, Story, ValueCheck
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.base import TILE

_FAST = (naming.FAST_BURN,)


def minutes(cast: Cast) -> Iterator[Story]:
    """Yield the stories that are told at the evaluation interval."""
    yield _outage(cast)
    yield _young(cast)
    yield from _above(cast)
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

    quiet = Phase(-int(-float(tier.long.seconds) // MINUTE) * MINUTE, thin)
    clock = cast.fine
    pause = Phase(max(4 * MINUTE - scrape, -int(-(clock.lag + clock.step) // scrape) * scrape), thin)
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
