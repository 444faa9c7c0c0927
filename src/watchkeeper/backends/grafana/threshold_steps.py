"""The objectives and alert thresholds of a plan as steps of a panel: a dashboard draws the limits at which alerts fire.

If services have different limits, all of them are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from watchkeeper.backends.grafana.panels import Step
from watchkeeper.contract import HTTP_DURATION
from watchkeeper.model.alert import Alert, Preset
from watchkeeper.model.slo import Slo
from watchkeeper.plan.plan import Plan

Rank = Literal["objective", "info", "warning", "critical"]
Limit = tuple[Decimal, Rank]

P95 = Decimal("0.95")
"""The quantile that is drawn; objectives and alerts on other quantiles are left out."""
NEUTRAL = (Step(None, "text"),)
_COLORS: dict[Rank, str] = {"objective": "yellow", "info": "blue", "warning": "orange", "critical": "red"}
_ORDER: tuple[Rank, ...] = ("objective", "info", "warning", "critical")


def error_ratio(plan: Plan) -> tuple[Step, ...]:
    """Return the error ratios that availability objectives allow and that alerts fire above."""
    allowed = [1 - objective for objective in _availability(plan)]
    return worse_above((*_objectives(allowed), *_thresholds(_alerts(plan, "error_ratio"))))


def availability(plan: Plan) -> tuple[Step, ...]:
    """Return the availability objectives as ratios; a value below one is red."""
    return worse_below((objective, "critical") for objective in _availability(plan))


def success(plan: Plan, counter: str) -> tuple[Step, ...]:
    """Return the objectives of the SLOs that count events of that counter, as ratios."""
    objectives = (slo.objective for slo in _slos(plan) if counter in (slo.sli.total or ""))
    return worse_below((objective, "critical") for objective in objectives)


def latency(plan: Plan, histogram: str) -> tuple[Step, ...]:
    """Return the thresholds of objectives and alerts on that histogram's p95, in seconds."""
    thresholds = [
        slo.sli.threshold.seconds
        for slo in _slos(plan)
        if slo.sli.threshold and slo.objective == P95 and histogram == HTTP_DURATION
    ]
    alerts = (
        alert
        for alert in _alerts(plan, "latency_quantile")
        if (alert.metric or HTTP_DURATION) == histogram and alert.quantile == P95
    )
    return worse_above((*_objectives(thresholds), *_thresholds(alerts)))


def saturation(plan: Plan, resource: str) -> tuple[Step, ...]:
    """Return the shares of a resource that alerts fire above."""
    return worse_above(_thresholds(a for a in _alerts(plan, "saturation") if a.resource == resource))


def gauge_below(plan: Plan, gauge: str) -> tuple[Step, ...]:
    """Return the values of a gauge that alerts fire below."""
    return worse_below(_thresholds(a for a in _alerts(plan, "gauge_below") if a.metric == gauge))


def worse_above(limits: Iterable[Limit]) -> tuple[Step, ...]:
    """Return steps in which values from a limit on have at least its rank."""
    steps = [Step(None, "green")]
    worst = -1
    for value, rank in sorted(limits, key=_by_value_then_rank):
        worst = max(worst, _ORDER.index(rank))
        if steps[-1].value == value:
            steps.pop()
        steps.append(Step(value, _COLORS[_ORDER[worst]]))
    return tuple(steps) if len(steps) > 1 else NEUTRAL


def worse_below(limits: Iterable[Limit]) -> tuple[Step, ...]:
    """Return steps in which values below a limit have at least its rank."""
    below: list[Step] = []
    color, worst = "green", -1
    for value, rank in sorted(limits, key=_by_value_then_rank, reverse=True):
        if not below or below[-1].value != value:
            below.append(Step(value, color))
        worst = max(worst, _ORDER.index(rank))
        color = _COLORS[_ORDER[worst]]
    return (Step(None, color), *reversed(below)) if below else NEUTRAL


def _by_value_then_rank(limit: Limit) -> tuple[Decimal, int]:
    return limit[0], _ORDER.index(limit[1])


def _slos(plan: Plan) -> Iterator[Slo]:
    # The panels show all requests: an objective for some of them says nothing about their sum.
    return (slo for service in plan.services for slo in service.spec.slos if not slo.sli.filters)


def _availability(plan: Plan) -> list[Decimal]:
    return [slo.objective for slo in _slos(plan) if slo.sli.kind == "availability"]


def _alerts(plan: Plan, preset: Preset) -> Iterator[Alert]:
    return (alert for service in plan.services for alert in service.spec.alerts if alert.preset == preset)


def _objectives(values: Iterable[Decimal]) -> tuple[Limit, ...]:
    return tuple((value, "objective") for value in values)


def _thresholds(alerts: Iterable[Alert]) -> tuple[Limit, ...]:
    return tuple((alert.threshold, alert.severity) for alert in alerts if alert.threshold is not None)
