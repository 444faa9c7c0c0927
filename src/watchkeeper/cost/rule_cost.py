"""What rules cost: series, samples a second, evaluations and samples read, of ours and of Sloth's for as many objectives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.cost.samples_read import Densities, Density, samples_read
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo

_MONTH = 30 * 86_400
# Prometheus' own documentation: 1 to 2 bytes a sample, compressed.
_BYTES_A_SAMPLE = 2
# Measured on two busy cores, docs/benchmarks.md: what a rule costs whatever it reads, and what a sample costs.
_SECONDS_A_RULE = 0.00064
_SECONDS_A_SAMPLE = 0.0000003
_TILE_SERIES = (naming.TOTAL_TILE, naming.BAD_TILE, "slo:bad_events_tile:", "slo:error_ratio_tile:")
# Sloth's rules of an objective: seven windows from raw counters, a mean over the period, seven of metadata, two alerts.
_SLOTH_WINDOWS = tuple(Duration.parse(text) for text in ("5m", "30m", "1h", "2h", "6h", "1d", "3d"))
_SLOTH_RECORDED, _SLOTH_ALERTS, _SLOTH_OTHER_READS = 15, 2, 15


@dataclass(frozen=True, slots=True)
class RuleCost:
    """The cost of rules. `rules` and `samples_read` are those of one evaluation interval: rollups count by their share."""

    series: int
    samples_a_second: float
    rules: float
    samples_read: float

    @property
    def bytes_a_month(self) -> float:
        """Return what 30 days of the recorded samples take on disk, at 2 bytes a sample."""
        return self.samples_a_second * _MONTH * _BYTES_A_SAMPLE

    @property
    def seconds(self) -> float:
        """Return how long one evaluation interval's rules take a core, about: twice as long is possible, or half."""
        return self.rules * _SECONDS_A_RULE + self.samples_read * _SECONDS_A_SAMPLE

    def __add__(self, other: RuleCost) -> RuleCost:
        return RuleCost(
            self.series + other.series,
            self.samples_a_second + other.samples_a_second,
            self.rules + other.rules,
            self.samples_read + other.samples_read,
        )


NOTHING = RuleCost(0, 0, 0, 0)


def our_cost(plan: Plan, series: int) -> RuleCost:
    """Return the cost of the plan's rules where each selector of a service finds so many series.

    An objective by a label counts with as many values as it can have.
    """
    found = NOTHING
    for service in plan.services:
        for slo in service.slos:
            found += _of_slo(slo, plan, series)
        found += _of_alerts(service, plan, series)
    return found


def sloth_cost(plan: Plan, series: int) -> RuleCost:
    """Return the cost of as many objectives in Sloth's shape, over the same counters and intervals."""
    every, scrape = float(plan.stack.evaluation_interval.seconds), float(plan.stack.scrape_interval.seconds)
    raw = sum(float(window.seconds) for window in _SLOTH_WINDOWS) / scrape
    count = sum(len(service.slos) for service in plan.services)
    alerts = sum((_of_alerts(service, plan, series) for service in plan.services), NOTHING)
    # Each window reads the counters of bad and of all events; the period's mean reads the ratio of 5m twice.
    read = 2 * series * raw + sum(2 * float(slo.spec.window.seconds) / every for slo in _slos(plan)) / max(
        count, 1
    )
    one = RuleCost(
        _SLOTH_RECORDED, _SLOTH_RECORDED / every, _SLOTH_RECORDED + _SLOTH_ALERTS, read + _SLOTH_OTHER_READS
    )
    return sum([one] * count, alerts)


def _slos(plan: Plan) -> Iterator[PlannedSlo]:
    return (slo for service in plan.services for slo in service.slos)


def _of_slo(slo: PlannedSlo, plan: Plan, series: int) -> RuleCost:
    every, tile = float(plan.stack.evaluation_interval.seconds), float(TILE.seconds)
    # With `by`, each recorded series is there once for each value, and for those that share one.
    values = 1 if slo.spec.by is None else slo.spec.by.at_most + 1
    of = _densities(plan, series, values)
    live = [rule.expr for rule in slo.live_rules]
    rollups = [rule.expr for rule in slo.rollup_rules]
    alerts = [alert.expr for alert in slo.alerts]
    share = every / tile
    return RuleCost(
        series=values * (len(live) + len(rollups)),
        samples_a_second=values * (len(live) / every + len(rollups) / tile),
        rules=len(live) + len(alerts) + share * len(rollups),
        samples_read=sum(samples_read(expr, of) for expr in (*live, *alerts))
        + share * sum(samples_read(expr, of) for expr in rollups),
    )


def _of_alerts(service: PlannedService, plan: Plan, series: int) -> RuleCost:
    of = _densities(plan, series)
    read = sum(samples_read(alert.expr, of) for alert in service.alerts)
    return RuleCost(0, 0, len(service.alerts), read)


def _densities(plan: Plan, series: int, values: int = 1) -> Densities:
    stack = plan.stack
    scrape, every = float(stack.scrape_interval.seconds), float(stack.evaluation_interval.seconds)
    raw, recorded = Density(series, scrape), Density(values, every)
    tile = Density(values, float(TILE.seconds))
    # `up` has a series a target, and ALERTS one while an alert fires.
    single = Density(1, scrape)

    def of(metric: str) -> Density:
        if metric.startswith("slo:"):
            return tile if metric.startswith(_TILE_SERIES) else recorded
        return single if metric in ("up", "ALERTS", "ALERTS_FOR_STATE") else raw

    return of
