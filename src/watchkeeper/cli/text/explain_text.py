"""What `explain` prints: a section for each objective, or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal

from watchkeeper.cli.text.console import paint, say
from watchkeeper.model.maintenance import Maintenance
from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.plan.maintenance.open_windows import when
from watchkeeper.plan.notified_labels import route_of
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedSlo
from watchkeeper.plan.slo.budget_words import budget_words
from watchkeeper.plan.slo.detection import (
    Detection,
    detection,
    min_rate_one_failure_ok,
    min_rate_to_fire,
    ratios_of,
)
from watchkeeper.plan.slo.tiers import Tier


def show(plan: Plan, slos: tuple[PlannedSlo, ...]) -> None:
    """Print a section for each objective."""
    if not slos:
        say("the spec has no objective yet: add one under `slos:`")
    for number, slo in enumerate(slos):
        if number:
            say("")
        for line in _section(plan, slo):
            say(line)


def _section(plan: Plan, slo: PlannedSlo) -> Iterator[str]:
    title = f"{slo.slo_id}: {percentage(slo.parameters.objective)} of {slo.indicator.unit} over {slo.parameters.window_words}"
    yield paint(title, "bold", sys.stdout)
    if slo.description:
        yield f"  {slo.description}"
    yield f"  budget    {_budget(slo)}"
    yield f"  downtime  {_downtime(slo)}"
    for window in windows_of(plan, slo):
        yield f"  planned   {window.name}: {when(window)}; {window.reason} ({window.author})"
    if slo.parameters.planned_work is not None:
        late = slo.parameters.left_out
        yield f"            no event counts in it and up to {late} after it, and no alert begins to fire in it"
    if slo.parameters.split is not None:
        yield f"  by        {slo.parameters.split.label}, a budget and alerts for each: {slo.parameters.split.words}"
    if slo.spec.sli.filters:
        yield f"  counts    {slo.indicator.counted}"
    if slo.proof.assumed:
        yield f"  proof     assumes series of {', '.join(slo.proof.assumed)}"
    yield ""
    yield from tier_table(slo, slo.tiers)
    yield ""
    yield from _low_traffic(slo)
    yield ""
    rest = [f"  {kind} fires {words}" for kind, words in budget_words(slo)]
    yield from [*rest, ""] if rest else ()
    for alert in slo.alerts:
        receivers = ", ".join(alert.receivers) or "nobody"
        after = f" after {alert.hold}" if alert.hold.milliseconds else ""
        yield f"  {alert.name} ({alert.severity}){after} notifies {receivers}{_waits(plan, alert)}"


def windows_of(plan: Plan, slo: PlannedSlo) -> tuple[Maintenance, ...]:
    """Return the maintenance windows of an objective's service."""
    return next((service.maintenance for service in plan.services if service.name == slo.service), ())


def _budget(slo: PlannedSlo) -> str:
    outage = clock(float(slo.budget * slo.parameters.window.seconds))
    if slo.indicator.is_time:
        return f"{outage} of bad time"
    words = f"{outage} of total outage at steady traffic, or {slo.budget * 1_000_000:,.0f} of a million {slo.indicator.unit}"
    if slo.spec.expected_traffic is not None:
        count = slo.budget * slo.spec.expected_traffic * slo.parameters.window.seconds
        words += f"; {count:,.0f} at the expected {slo.spec.expected_traffic} a second"
    return words


def _downtime(slo: PlannedSlo) -> str:
    if slo.parameters.down is None:
        return "a gap: while no target answers, nothing is counted"
    return "bad: while no target answers, the traffic of the hour before counts as bad"


def tier_table(slo: PlannedSlo, tiers: tuple[Tier, ...]) -> Iterator[str]:
    """Yield the lines of a table: when each tier fires, and how much of the budget is gone by then."""
    yield (
        f"  {'alert':<10}{'windows':<9}{'burn':>6}  {'fires above':<13}{'100% bad':<20}"
        f"{'10 x threshold':<20}2 x threshold"
    )
    for tier in tiers:
        cells = {found.ratio: _cell(found) for found in _detections(tier, slo)}
        ten, two = (cells.get(Decimal(multiple) * tier.threshold, "-") for multiple in (10, 2))
        burn = f"{round(tier.factor, 2).normalize():f}"
        adapted = f" (policy: {tier.policy_factor})" if tier.is_adapted else ""
        yield (
            f"  {tier.alert_kind:<10}{f'{tier.long}/{tier.short}':<9}{burn:>6}  {percentage(tier.threshold):<13}"
            f"{cells.get(Decimal(1), '-'):<20}{ten:<20}{two:<20}{adapted}".rstrip()
        )
    yield "  time until it fires, and how much of the whole budget is gone by then"


def _detections(tier: Tier, slo: PlannedSlo) -> list[Detection]:
    return [detection(tier, slo, ratio) for ratio in ratios_of(tier)]


def _cell(found: Detection) -> str:
    if found.seconds is None:
        return "never"
    return f"{clock(found.seconds)}, {found.budget_gone:.1%}"


def _low_traffic(slo: PlannedSlo) -> Iterator[str]:
    unit = slo.indicator.unit
    for tier in slo.tiers:
        if slo.indicator.is_time:
            yield f"  {tier.long}/{tier.short}: needs {tier.min_events} bad seconds"
            continue
        one_ok, to_fire = _rate(min_rate_one_failure_ok(tier)), _rate(min_rate_to_fire(tier))
        yield (
            f"  {tier.long}/{tier.short}: under {one_ok} {unit} an hour a single failure exceeds the"
            f" threshold; the minimum-events guard needs {tier.min_events} bad ones, and under {to_fire} an hour"
            " the tier cannot fire"
        )


def _rate(value: Decimal) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _waits(plan: Plan, alert: PlannedAlert) -> str:
    return f", {route_of(plan, alert).group_wait} later" if alert.receivers else ""


def slo_as_dict(plan: Plan, slo: PlannedSlo) -> dict[str, object]:
    """Return one objective as values for JSON."""
    traffic = slo.spec.expected_traffic
    whole = slo.parameters.window.seconds
    return {
        "slo_id": slo.slo_id,
        "service": slo.service,
        "slo": slo.name,
        "objective": float(slo.parameters.objective),
        "window": slo.parameters.window_name,
        "unit": slo.indicator.unit,
        "downtime": "gap" if slo.parameters.down is None else "bad",
        "budget": {
            "ratio": float(slo.budget),
            "outage_seconds": float(slo.budget * whole),
            "events_per_million": None if slo.indicator.is_time else float(slo.budget * 1_000_000),
            "events_at_expected_traffic": None if traffic is None else float(slo.budget * traffic * whole),
        },
        "by": by_as_dict(slo),
        "maintenance": [
            {"name": one.name, "open": when(one), "reason": one.reason, "author": one.author}
            for one in windows_of(plan, slo)
        ],
        "proof_assumes": list(slo.proof.assumed),
        "budget_alerts": [{"kind": kind, "fires": words} for kind, words in budget_words(slo)],
        "tiers": [tier_as_dict(tier, slo) for tier in slo.tiers],
        "alerts": [
            {
                "alert": alert.name,
                "kind": alert.slo_kind,
                "severity": alert.severity,
                "for_seconds": float(alert.hold.seconds),
                "receivers": list(alert.receivers),
                "group_wait_seconds": float(route_of(plan, alert).group_wait.seconds)
                if alert.receivers
                else None,
            }
            for alert in slo.alerts
        ],
    }


def by_as_dict(slo: PlannedSlo) -> dict[str, object] | None:
    """Return the label whose values have budgets of their own; an empty list for the first ones with events."""
    split = slo.parameters.split
    if split is None:
        return None
    return {"label": split.label, "values": list(split.values), "at_most": split.at_most}


def tier_as_dict(tier: Tier, slo: PlannedSlo) -> dict[str, object]:
    """Return one tier as values for JSON."""
    return {
        "alert": tier.alert_kind,
        "long": str(tier.long),
        "short": str(tier.short),
        "burn": float(tier.factor),
        "policy_burn": float(tier.policy_factor),
        "threshold": float(tier.threshold),
        "min_events": float(tier.min_events),
        "single_failure_fires_under_events_per_hour": float(min_rate_one_failure_ok(tier)),
        "cannot_fire_under_events_per_hour": float(min_rate_to_fire(tier)),
        "detections": [
            {
                "error_ratio": float(found.ratio),
                "seconds": found.seconds,
                "margin_seconds": found.margin,
                "budget_gone": found.budget_gone,
            }
            for found in _detections(tier, slo)
        ],
    }
