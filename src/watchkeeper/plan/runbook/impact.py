"""What an alert means for users and budgets, in numbers: how much is spent by then, and how long the rest lasts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.plan.plan import PlannedAlert, PlannedService, PlannedSlo
from watchkeeper.plan.slo.detection import detection, ratios_of


class BurnRow(NamedTuple):
    """One tier at a steady error ratio, from an untouched budget: when it fires, what is spent by then, what is left."""

    windows: str
    ratio: str
    after: str
    spent: str
    lasts: str


def burn_rows(alert: PlannedAlert, slo: PlannedSlo) -> Iterator[BurnRow]:
    """Yield a row for a total outage, which the first tier sees, and one a tier at twice its threshold."""
    whole = float(slo.parameters.window.seconds) * float(slo.budget)
    tiers = [tier for tier in slo.tiers if tier.alert_kind == alert.slo_kind]
    for tier in tiers:
        ratios = ratios_of(tier)
        for ratio in dict.fromkeys((ratios[0], ratios[-1]) if tier is tiers[0] else ratios[-1:]):
            found = detection(tier, slo, ratio)
            left = (1 - found.budget_gone) * whole / float(ratio)
            yield BurnRow(
                f"{tier.long}/{tier.short}",
                percentage(ratio),
                clock(found.seconds) if found.seconds is not None else "never",
                f"{found.budget_gone:.1%}",
                clock(left) if left > 0 else "nothing is left",
            )


def least_ratio(alert: PlannedAlert, slo: PlannedSlo) -> Decimal | None:
    """Return the lowest error ratio at which the alert fires."""
    return min((tier.threshold for tier in slo.tiers if tier.alert_kind == alert.slo_kind), default=None)


def one_of(ratio: Decimal) -> str:
    """Return a ratio as people count: `1 of 14`."""
    return f"1 of {round(1 / ratio)}" if ratio * 2 <= 1 else percentage(ratio)


def burnt_by(service: PlannedService, *, is_outage: bool) -> Iterator[str]:
    """Yield the objectives that count every request of the service: its failures spend their budgets.

    An outage is not counted by an objective whose downtime is a gap.
    """
    for slo in service.slos:
        sli = slo.spec.sli
        counts = sli.kind == "availability" and not sli.filters
        if counts and (not is_outage or slo.parameters.down is not None):
            yield slo.name


def outage_budget(slo: PlannedSlo) -> str:
    """Return the whole error budget as time of total outage."""
    return clock(float(slo.budget * slo.parameters.window.seconds))
