"""When an alert fires, in closed form: how long an error ratio must last until a tier has seen enough of it.

A steady error ratio e fills a window of length W to e x t / W after t seconds, in an old system as in a new one,
since missing history counts as healthy. So a tier's long window crosses its threshold after threshold x W / e (The Site
Reliability Workbook, chapter 5: detection time = factor x budget x window / e), and its short one sooner. The rules
add a mean delay: half a scrape interval, half a base window, half an evaluation, and half a rollup interval for windows
that are made of rollups.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE
from watchkeeper.plan.slo.base_window import FROM_BASE, BaseWindow
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.tiers import Tier

MULTIPLES = (Decimal(10), Decimal(2))


@dataclass(frozen=True, slots=True)
class Detection:
    """How a tier reacts to a steady error ratio: it fires after `seconds`, give or take `margin`, and by then the share
    `budget_gone` of the whole budget is spent. `seconds` is None where it never fires."""

    ratio: Decimal
    seconds: float | None
    margin: float
    budget_gone: float


def detection(tier: Tier, slo: PlannedSlo, ratio: Decimal) -> Detection:
    """Return when a tier fires at a steady error ratio, between 0 and 1."""
    base = slo.parameters.base
    margin = float(base.scrape.seconds + base.evaluation.seconds) / 2
    margin += float(TILE.seconds) / 2 if tier.long > FROM_BASE else 0.0
    if ratio <= tier.threshold:
        return Detection(ratio, None, margin, 0.0)
    outage = float(tier.threshold * tier.long.seconds / ratio)
    seconds = _smeared(outage, base) + margin + float(base.late.seconds)
    gone = seconds * float(ratio) / (float(slo.parameters.window.seconds) * float(slo.budget))
    return Detection(ratio, seconds, margin, gone)


def _smeared(seconds: float, base: BaseWindow) -> float:
    """Return when the base has counted the events of `seconds`: each event enters it over a whole window."""
    window = float(base.window.seconds)
    return seconds + window / 2 if seconds >= window / 2 else sqrt(2 * window * seconds)


def ratios_of(tier: Tier) -> tuple[Decimal, ...]:
    """Return the error ratios that reports show: everything bad, ten times and twice the threshold."""
    return (
        Decimal(1),
        *(multiple * tier.threshold for multiple in MULTIPLES if multiple * tier.threshold <= 1),
    )


def page_detection(slo: PlannedSlo, ratio: Decimal) -> Detection | None:
    """Return when FastBurn fires at a steady error ratio, by its fastest tier; None where no tier pages at it."""
    found = [detection(tier, slo, ratio) for tier in slo.tiers if tier.alert_kind == naming.FAST_BURN]
    firing = [one for one in found if one.seconds is not None]
    return min(firing, key=lambda one: one.seconds or 0.0) if firing else None


def level_detection(left: Decimal, slo: PlannedSlo, ratio: Decimal) -> float:
    """Return after how many seconds of a steady error ratio at most the share `left` of an untouched budget remains."""
    base = slo.parameters.base
    outage = float((1 - left) * slo.budget * slo.parameters.window.seconds / ratio)
    rollup = float(TILE.seconds) / 2 if slo.parameters.window > FROM_BASE else 0.0
    delay = float(base.scrape.seconds + base.evaluation.seconds) / 2 + float(base.late.seconds)
    return _smeared(outage, base) + delay + rollup


def forecast_burn(left: Decimal, slo: PlannedSlo, within: Duration) -> Decimal:
    """Return the burn rate over 1h from which the share `left` of the budget is gone in time."""
    return left * slo.parameters.window.seconds / within.seconds


def min_rate_one_failure_ok(tier: Tier) -> Decimal:
    """Return the events an hour from which one failure alone stays under the threshold."""
    hours = tier.long.seconds / 3600
    return 1 / tier.threshold / hours


def min_rate_to_fire(tier: Tier) -> Decimal:
    """Return the events an hour under which the tier cannot fire: its window never satisfies the minimum-events guard."""
    hours = tier.long.seconds / 3600
    return tier.guard_limit / hours
