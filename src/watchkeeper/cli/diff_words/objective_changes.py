"""What changes for objectives: their budgets, and how long a failure lasts before their alerts fire."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper.cli.diff_words.change import Change
from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.plan.plan import Plan, PlannedSlo
from watchkeeper.plan.slo.detection import detection

_RATIOS = ((Decimal(1), "everything"), (Decimal("0.1"), "10%"), (Decimal("0.01"), "1%"))


def objective_changes(old: Plan, new: Plan) -> Iterator[Change]:
    """Yield the sentences about objectives that are new, gone or other than before, in the order of the plans."""
    before, after = _by_id(old), _by_id(new)
    for slo_id in (*before, *(one for one in after if one not in before)):
        if slo_id not in after:
            yield Change("objectives", "removed", slo_id, _promise(before[slo_id]))
        elif slo_id not in before:
            yield Change("objectives", "added", slo_id, f"{_promise(after[slo_id])}{_page(after[slo_id])}")
        else:
            for text in _differences(before[slo_id], after[slo_id]):
                yield Change("objectives", "changed", slo_id, text)


def _by_id(plan: Plan) -> dict[str, PlannedSlo]:
    return {slo.slo_id: slo for service in plan.services for slo in service.slos}


def _promise(slo: PlannedSlo) -> str:
    return (
        f"{percentage(slo.parameters.objective)} of {slo.indicator.unit} over {slo.parameters.window_words}"
    )


def _page(slo: PlannedSlo) -> str:
    first = next((alert for alert in slo.alerts if alert.slo_kind), None)
    seconds = _fires_after(slo, first.slo_kind, Decimal(1)) if first is not None else None
    if first is None or seconds is None:
        return ""
    return f"; {first.name} ({first.severity}) comes {clock(seconds)} after everything fails"


def _differences(old: PlannedSlo, new: PlannedSlo) -> Iterator[str]:
    if old.parameters.objective != new.parameters.objective:
        yield f"objective {percentage(old.parameters.objective)} -> {percentage(new.parameters.objective)}"
    if old.parameters.window_words != new.parameters.window_words:
        yield f"window {old.parameters.window_words} -> {new.parameters.window_words}"
    if _budget(old) != _budget(new):
        yield f"budget {clock(_budget(old))} -> {clock(_budget(new))} of {_what(new)}"
    if _budgets(old) != _budgets(new):
        yield f"{_budgets(old)} -> {_budgets(new)}"
    elif (old.indicator.total, old.indicator.bad) != (new.indicator.total, new.indicator.bad):
        yield "other events count, or count as bad"
    for alert in new.alerts:
        if any(other.slo_kind == alert.slo_kind for other in old.alerts):
            yield from _times(old, new, alert.slo_kind, alert.name)


def _budget(slo: PlannedSlo) -> float:
    return float(slo.budget * slo.parameters.window.seconds)


def _budgets(slo: PlannedSlo) -> str:
    split = slo.parameters.split
    if split is None:
        return "one budget"
    which = ", ".join(split.values) if split.values else f"at most {split.at_most} values"
    return f"a budget for each {split.label}, of {which}"


def _what(slo: PlannedSlo) -> str:
    return "bad time" if slo.indicator.is_time else "total outage at steady traffic"


def _times(old: PlannedSlo, new: PlannedSlo, kind: str | None, name: str) -> Iterator[str]:
    """Yield how much later or sooner an alert fires at each error ratio where that changes."""
    for ratio, share in _RATIOS:
        before, after = _fires_after(old, kind, ratio), _fires_after(new, kind, ratio)
        while_failing = f"while {share} fails"
        if before is None and after is not None:
            yield f"{name} now fires {while_failing}: after {clock(after)}"
        elif before is not None and after is None:
            yield f"{name} no longer fires {while_failing}; it did after {clock(before)}"
        elif before is not None and after is not None and clock(before) != clock(after):
            way = "later" if after > before else "sooner"
            yield f"{name} comes {clock(abs(after - before))} {way} {while_failing}: {clock(before)} -> {clock(after)}"


def _fires_after(slo: PlannedSlo, kind: str | None, ratio: Decimal) -> float | None:
    """Return after how many seconds of an error ratio the first tier of an alert fires, None for never."""
    found = [detection(tier, slo, ratio).seconds for tier in slo.tiers if tier.alert_kind == kind]
    return min((seconds for seconds in found if seconds is not None), default=None)
