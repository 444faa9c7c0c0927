"""An SLO's recording rules, layered so that no counter is read over more than the base window.

base     bad and total events a second, each evaluation
windows  error ratios up to 6h, from the base
tiles    the base over 5 minutes, every 5 minutes; windows beyond 6h are sums of tiles
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.emit.promql import number, selector
from watchkeeper.model.duration import Duration
from watchkeeper.plan.slo.base_window import FROM_BASE, TILE, Base
from watchkeeper.plan.slo.indicator import Indicator
from watchkeeper.plan.slo.tiers import Tier

BURN_WINDOWS = (Duration.parse("1h"), Duration.parse("6h"))
_RAW_UP_TO = Duration.parse("30m")
_FINE_UP_TO = Duration.parse("2h")
_FINE, _COARSE = Duration.parse("30s"), Duration.parse("1m")
_HOUR = "1h"
# An idle window's total is 0 and so are its errors: any small divisor makes that 0 and not NaN. One event in 90 days
# is over a thousand times larger.
_NEVER_ZERO = "1e-9"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording rule without its labels, which are the same for all of an SLO's; `why` is its comment."""

    record: str
    expr: str
    why: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What an SLO's rules depend on; `down` is the service whose `up` tells an outage, None where that is a gap."""

    slo_id: str
    objective: Decimal
    window: Duration
    tiers: tuple[Tier, ...]
    base: Base
    down: str | None

    @property
    def budget(self) -> Decimal:
        """Return the share of events that may be bad."""
        return 1 - self.objective

    @property
    def windows(self) -> tuple[Duration, ...]:
        """Return every window whose error ratio is recorded, shortest first."""
        used = {tier.long for tier in self.tiers} | {tier.short for tier in self.tiers}
        return tuple(sorted(used | {self.window, *BURN_WINDOWS}))

    @property
    def gated(self) -> tuple[Duration, ...]:
        """Return the windows beyond 6h: each has its bad events counted from tiles."""
        return tuple(window for window in self.windows if window > FROM_BASE)

    def own(self, series: str, *, range: str | None = None) -> str:  # noqa: A002
        """Return a selector of one of the SLO's own recorded series."""
        # Written out: an id holds nothing to quote, and a large spec asks for hundreds of thousands of these.
        text = f'{series}{{slo_id="{self.slo_id}"}}'
        return text if range is None else f"{text}[{range}]"

    def latest(self, series: str) -> str:
        """Return the newest value of a recorded series, whatever its other labels were or are."""
        return f"max({self.own(series)})"


def fast_rules(shape: Shape, indicator: Indicator) -> Iterator[Recording]:
    """Yield the rules of every evaluation in the order in which they read one another."""
    yield from _base(shape, indicator)
    for window in shape.windows:
        yield _ratio(shape, window) if window <= FROM_BASE else _ratio_from_tiles(shape, window)
    yield from _for_people(shape)


def slow_rules(shape: Shape) -> Iterator[Recording]:
    """Yield the rules of every five minutes."""
    total, bad = (shape.own(base, range=str(TILE)) for base in (naming.TOTAL_BASE, naming.BAD_BASE))
    points = TILE.milliseconds // _FINE.milliseconds
    covered = f"clamp_max(sum(count_over_time({_subquery(shape, naming.BAD_BASE, TILE)})) / {points}, 1)"
    yield Recording(
        naming.TOTAL_TILE, f"avg(avg_over_time({total}))", f"A tile: all events a second, the mean of {TILE}."
    )
    yield Recording(
        naming.BAD_TILE,
        f"avg(avg_over_time({bad}))\n*\n{covered}",
        f"A tile: bad events a second; what of its {TILE} was not seen counts as healthy.",
    )
    for window in shape.gated:
        yield from _from_tiles(shape, window)


def down(shape: Shape, *, offset: str | None = None) -> str:
    """Return what has a value while no target of the service has answered for three scrapes."""
    up = selector("up", (("service", "=", shape.down or ""),), range=str(shape.base.down))
    return f"(max(max_over_time({up}{f' offset {offset}' if offset else ''})) == 0)"


def bad_events(shape: Shape, window: Duration) -> str:
    """Return the bad events of a window, counted alike at any evaluation interval."""
    if window > FROM_BASE:
        return f"max(last_over_time({shape.own(naming.bad_events_tile(str(window)), range=str(FROM_BASE))}))"
    over = _subquery(shape, naming.BAD_BASE, window)
    return f"sum(sum_over_time({over})) * {number(_step(window).seconds)}"


def _step(window: Duration) -> Duration:
    return _FINE if window <= _FINE_UP_TO else _COARSE


def _subquery(shape: Shape, series: str, window: Duration) -> str:
    return f"{shape.own(series)}[{window}:{_step(window)}]"


def _base(shape: Shape, indicator: Indicator) -> Iterator[Recording]:
    span = shape.base.window
    total, bad = indicator.total, indicator.bad
    what = (
        f"{indicator.unit} a second over {span}" if not indicator.is_time else f"seconds a second over {span}"
    )
    if shape.down is None:
        yield Recording(naming.TOTAL_BASE, total, f"All {what}.")
        yield Recording(naming.BAD_BASE, bad, f"Bad {what}.")
        return
    mean = f"avg(avg_over_time({shape.own(naming.TOTAL_BASE, range=_HOUR)}))"
    # Held while the outage lasts: a mean that slides on would forget the hour before and average itself.
    held = f"{shape.latest(naming.TOTAL_BASE)} and {down(shape, offset=str(shape.base.evaluation))}"
    before = f"(\n        {held}\n      or\n        {mean}\n    )"
    yield Recording(
        naming.TOTAL_BASE,
        _unless_down(shape, total, instead=before),
        f"All {what}; while no target answers, the mean of the hour before stands in.",
    )
    yield Recording(
        naming.BAD_BASE,
        _unless_down(shape, bad, instead=shape.latest(naming.TOTAL_BASE)),
        f"Bad {what}; while no target answers, all of them are.",
    )


def _unless_down(shape: Shape, value: str, *, instead: str) -> str:
    gone = down(shape)
    return f"(\n    {value}\n  unless\n    {gone}\n)\nor\n(\n    {instead}\n  and\n    {gone}\n)"


def _ratio(shape: Shape, window: Duration) -> Recording:
    bad = shape.own(naming.BAD_BASE, range=str(window))
    total = shape.own(naming.TOTAL_BASE, range=str(window))
    ratio = f"sum(sum_over_time({bad}))\n/\nclamp_min(sum(sum_over_time({total})), {_NEVER_ZERO})"
    if window <= _RAW_UP_TO:
        return Recording(
            naming.error_ratio(str(window)), ratio, f"Error ratio of {window}, weighted by traffic."
        )
    points = number(Decimal(window.milliseconds // _step(window).milliseconds))
    covered = f"clamp_max(sum(count_over_time({_subquery(shape, naming.TOTAL_BASE, window)})) / {points}, 1)"
    return Recording(
        naming.error_ratio(str(window)),
        f"{ratio}\n*\n{covered}",
        f"Error ratio of {window}; what lies before the first sample counts as healthy at today's traffic.",
    )


def _ratio_from_tiles(shape: Shape, window: Duration) -> Recording:
    tile = shape.own(naming.error_ratio_tile(str(window)), range=str(FROM_BASE))
    young = f"{shape.latest(naming.error_ratio(str(FROM_BASE)))} * {number(FROM_BASE.seconds)} / {number(window.seconds)}"
    return Recording(
        naming.error_ratio(str(window)),
        f"max(last_over_time({tile}))\nor\n{young}",
        f"Error ratio of {window}, as of the last tile; before the first one, the share that {FROM_BASE} has in it.",
    )


def _for_people(shape: Shape) -> Iterator[Recording]:
    budget, whole = number(shape.budget), number(shape.window.seconds)
    yield Recording(naming.OBJECTIVE, f"vector({number(shape.objective)})", "The objective.")
    yield Recording(
        naming.REMAINING,
        f"1 - {shape.latest(naming.error_ratio(str(shape.window)))} / {budget}",
        f"What is left of the error budget of {shape.window}: 1 untouched, 0 gone, negative overspent.",
    )
    for window in BURN_WINDOWS:
        yield Recording(
            naming.burn_rate(str(window)),
            f"{shape.latest(naming.error_ratio(str(window)))} / {budget}",
            f"Burn rate over {window}: at 1 the budget lasts just {shape.window}.",
        )
    burn = shape.latest(naming.burn_rate(str(BURN_WINDOWS[0])))
    yield Recording(
        naming.EXHAUSTION,
        f"clamp_min({shape.latest(naming.REMAINING)}, 0) * {whole} / ({burn} > 0)",
        f"Seconds until the budget is gone at the burn of {BURN_WINDOWS[0]}; absent while nothing burns.",
    )


def _from_tiles(shape: Shape, window: Duration) -> Iterator[Recording]:
    bad = shape.own(naming.BAD_TILE, range=str(window))
    total = shape.own(naming.TOTAL_TILE, range=str(window))
    events, whole = naming.bad_events_tile(str(window)), number(window.seconds)
    yield Recording(
        events,
        f"sum(sum_over_time({bad}))\n*\nclamp_max({whole} / sum(count_over_time({bad})), {number(TILE.seconds)})",
        f"Bad events of {window}: each tile stands for {TILE}, all of them together for {window} at most.",
    )
    mean = f"sum(sum_over_time({total})) / sum(count_over_time({total}))"
    yield Recording(
        naming.error_ratio_tile(str(window)),
        f"{shape.latest(events)}\n/\nclamp_min({mean} * {whole}, {_NEVER_ZERO})",
        f"Error ratio of {window}: the bad events, over what a whole window of the mean traffic holds.",
    )
