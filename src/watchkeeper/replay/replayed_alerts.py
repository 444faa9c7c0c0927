"""When the alerts of a spec would have fired in the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchkeeper import naming, promql_tree
from watchkeeper.emit.promql import selector
from watchkeeper.plan.plan import PlannedAlert, PlannedService
from watchkeeper.plan.slo.budget_alerts import budget_levels, exhaustion_events
from watchkeeper.plan.slo.paged_outage import outage_states, remains
from watchkeeper.plan.slo.tiers import Tier
from watchkeeper.replay.alert_states import Holds, States, joined, states_of
from watchkeeper.replay.grid import Grid, Values
from watchkeeper.replay.past_events import Past, left_out, unseen_moments
from watchkeeper.replay.replayed_slo import ReplayedSlo

_OF_MAINTENANCE = (naming.MAINTENANCE_OPEN, "ALERTS")
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Replayed:
    """An alert with its states."""

    alert: PlannedAlert
    states: States


def can_be_asked(alert: PlannedAlert) -> bool:
    """Return whether the past of an alert's expression needs no series that our rules record."""
    names = promql_tree.metric_names(promql_tree.parse(alert.expr))
    return all(name in _OF_MAINTENANCE or (":" not in name and name != "ALERTS") for name in names)


def threshold_alerts(past: Past, service: PlannedService) -> Iterator[Replayed]:
    """Yield the threshold alerts of a service that can be asked about; their expressions have been asked."""
    is_open = _open(past.grid, service)
    unseen = unseen_moments(past, up_of(service))
    for alert in service.alerts:
        if not can_be_asked(alert):
            continue
        series = [
            states_of(alert, past.grid, _begins_outside(_has_value(values), is_open), _present(values))
            for values in (_seen(found, unseen) for found in past.each(alert.expr).values())
        ]
        yield Replayed(alert, joined(series))


def up_of(service: PlannedService) -> str:
    """Return PromQL that has a value while a service has targets."""
    return f"max({selector('up', service.spec.own)})"


def _seen(values: list[float | None], unseen: frozenset[int]) -> Values:
    return [None if index in unseen else one for index, one in enumerate(values)] if unseen else values


def slo_alerts(
    replayed: ReplayedSlo, service: PlannedService, outages: Sequence[Replayed]
) -> Iterator[Replayed]:
    """Yield the alerts of an objective about its budget; `outages` are the alerts of its service."""
    slo, grid = replayed.slo, replayed.grid
    is_open = _open(grid, service)
    down = [
        one.states
        for one in outages
        if one.alert.preset == "service_down" and one.alert.severity == "critical"
    ]
    for alert in slo.alerts:
        found = _condition(replayed, service, alert, down)
        if found is not None:
            holds, among = found
            yield Replayed(alert, states_of(alert, grid, _begins_outside(holds, is_open), among))


def _condition(
    replayed: ReplayedSlo, service: PlannedService, alert: PlannedAlert, down: Sequence[States]
) -> tuple[Holds, Sequence[int] | None] | None:
    """Return when an alert's condition holds, and the only moments at which it can; None for those not replayed."""
    slo = replayed.slo
    kinds = {tier.alert_kind for tier in slo.tiers}
    if alert.slo_kind in kinds:
        return _burns(replayed, service, alert, down)
    if alert.slo_kind == naming.BUDGET_EXHAUSTED:
        least = float(exhaustion_events(slo.spec, slo.parameters, slo.indicator)) - _HALF
        return _is_left(replayed, 0.0, least)
    for level in budget_levels(slo.spec, slo.parameters, slo.indicator):
        if alert.slo_kind == level.kind:
            return _is_left(replayed, float(level.left), float(level.min_events) - _HALF)
    return None


def _is_left(replayed: ReplayedSlo, share: float, least: float) -> tuple[Holds, Sequence[int]]:
    bad = replayed.budget_events
    found = {
        index
        for index, (left, events) in enumerate(zip(replayed.remaining, bad, strict=True))
        if left is not None and left <= share and (events or 0.0) > least
    }
    return lambda index, _: index in found, sorted(found)


def _burns(
    replayed: ReplayedSlo, service: PlannedService, alert: PlannedAlert, down: Sequence[States]
) -> tuple[Holds, Sequence[int] | None]:
    slo, grid = replayed.slo, replayed.grid
    tiers = [tier for tier in slo.tiers if tier.alert_kind == alert.slo_kind]
    by_tier = [(_of_tier(replayed, tier), tier) for tier in tiers]
    every = sorted(set().union(*(found for found, _ in by_tier)))
    waits = outage_states(service.spec, slo.spec) if alert.slo_kind == naming.FAST_BURN else ()
    if not waits:
        alone = frozenset(every)
        return lambda index, _: index in alone, every

    def explained(index: int, tier: Tier) -> bool:
        steps = grid.steps(float(remains(tier.short, slo.parameters.base).seconds))
        return any(
            one.fires_within(index, steps) or ("pending" in waits and one.is_pending(index)) for one in down
        )

    def holds(index: int, fires: bool) -> bool:
        if fires and slo.parameters.down is None and any(one.fires_within(index, 1) for one in down):
            return True
        return any(index in found and (fires or not explained(index, tier)) for found, tier in by_tier)

    # Where an outage holds the alert, it may hold while no tier does.
    return holds, None if slo.parameters.down is None and down else every


def _of_tier(replayed: ReplayedSlo, tier: Tier) -> frozenset[int]:
    """Return the moments at which both windows of a tier are above its threshold, with enough bad events."""
    limit, least = float(tier.threshold), float(tier.guard_limit)
    rows = zip(
        replayed.error_ratio(tier.short),
        replayed.error_ratio(tier.long),
        replayed.bad_events(tier.long),
        strict=True,
    )
    return frozenset(
        index
        for index, (short, long, events) in enumerate(rows)
        if short is not None
        and long is not None
        and events is not None
        and short > limit
        and long > limit
        and events > least
    )


def _open(grid: Grid, service: PlannedService) -> Sequence[bool]:
    return left_out(service.maintenance, grid, late=0) if service.maintenance else ()


def _begins_outside(holds: Holds, is_open: Sequence[bool]) -> Holds:
    """Return a condition that begins to hold only outside of planned work, and goes on in it."""
    if not is_open:
        return holds
    return lambda index, fires: holds(index, fires) and (fires or not is_open[index])


def _has_value(values: Values) -> Holds:
    return lambda index, _: values[index] is not None


def _present(values: Values) -> list[int]:
    return [index for index, one in enumerate(values) if one is not None]
