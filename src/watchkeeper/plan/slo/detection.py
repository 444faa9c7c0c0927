"""When an alert fires, in closed form: how long an error ratio must last until a tier has seen enough of it.

A steady error ratio e fills a window of length W to e x t / W after t seconds, in a grown system as in a newborn one,
since missing history counts as healthy. So a tier's long window crosses its threshold after threshold x W / e (The Site
Reliability Workbook, chapter 5: detection time = factor x budget x window / e), and its short one sooner. To that comes
how late the rules know of an event, on average: half a scrape interval, half a base window, half an evaluation, and
for windows made of tiles half a tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from watchkeeper.plan.slo.base_window import FROM_BASE, TILE, Base
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.tiers import Tier

MULTIPLES = (Decimal(10), Decimal(2))


@dataclass(frozen=True, slots=True)
class Detection:
    """What a tier makes of a steady error ratio: seconds until it fires, give or take `margin`, and the share of the
    whole budget that is gone by then. `seconds` is None where it never fires."""

    ratio: Decimal
    seconds: float | None
    margin: float
    budget_gone: float


def detection(tier: Tier, slo: PlannedSlo, ratio: Decimal) -> Detection:
    """Return when a tier fires at a steady error ratio, between 0 and 1."""
    base = slo.shape.base
    margin = float(base.scrape.seconds + base.evaluation.seconds) / 2
    margin += float(TILE.seconds) / 2 if tier.long > FROM_BASE else 0.0
    if ratio <= tier.threshold:
        return Detection(ratio, None, margin, 0.0)
    outage = float(tier.threshold * tier.long.seconds / ratio)
    seconds = _smeared(outage, base) + margin
    gone = seconds * float(ratio) / (float(slo.shape.window.seconds) * float(slo.budget))
    return Detection(ratio, seconds, margin, gone)


def _smeared(seconds: float, base: Base) -> float:
    """Return when the base has counted as much as happened in `seconds`: each event arrives over a whole window."""
    window = float(base.window.seconds)
    return seconds + window / 2 if seconds >= window / 2 else sqrt(2 * window * seconds)


def ratios_of(tier: Tier) -> tuple[Decimal, ...]:
    """Return the error ratios that are worth a look: everything bad, ten times and twice the threshold."""
    return (
        Decimal(1),
        *(multiple * tier.threshold for multiple in MULTIPLES if multiple * tier.threshold <= 1),
    )


def first_page(slo: PlannedSlo, ratio: Decimal) -> Detection | None:
    """Return when FastBurn fires at a steady error ratio, by its fastest tier; None where no tier pages at it."""
    found = [detection(tier, slo, ratio) for tier in slo.tiers if tier.kind == "page"]
    firing = [one for one in found if one.seconds is not None]
    return min(firing, key=lambda one: one.seconds or 0.0) if firing else None


def lonely_failure(tier: Tier) -> Decimal:
    """Return how many events an hour there must be for one failure to stay under the threshold by itself."""
    hours = tier.long.seconds / 3600
    return 1 / tier.threshold / hours


def quietest(tier: Tier) -> Decimal:
    """Return the events an hour under which the tier cannot fire at all: the gate would not open in its window."""
    return tier.gate / (tier.long.seconds / 3600)
