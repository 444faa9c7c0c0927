"""Objectives and alert thresholds as steps of a panel: a dashboard draws the limits at which alerts fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from watchkeeper.backends.grafana.panels import Step
from watchkeeper.backends.grafana.scope import AlertLimit, Objective, Scope
from watchkeeper.model.alert import Preset

Rank = Literal["objective", "info", "warning", "critical"]
Limit = tuple[Decimal, Rank]

P95 = Decimal("0.95")
"""The quantile that is drawn; objectives and alerts on other quantiles are left out."""
NEUTRAL = (Step(None, "text"),)
_COLORS: dict[Rank, str] = {"objective": "yellow", "info": "blue", "warning": "orange", "critical": "red"}
_ORDER: tuple[Rank, ...] = ("objective", "info", "warning", "critical")


def error_ratio(scope: Scope) -> tuple[Step, ...]:
    """Return the error ratios that availability objectives allow and that alerts fire above."""
    allowed = [1 - objective for objective in _availability(scope)]
    return worse_above((*_objectives(allowed), *_thresholds(_alerts(scope, "error_ratio"))))


def availability(scope: Scope) -> tuple[Step, ...]:
    """Return the availability objectives as ratios; a value below one is red."""
    return worse_below((objective, "critical") for objective in _availability(scope))


def success(scope: Scope, counter: str) -> tuple[Step, ...]:
    """Return the objectives of the SLOs that count events of that counter, as ratios."""
    return worse_below((one.target, "critical") for one in _whole(scope) if counter in one.total)


def latency(scope: Scope, histogram: str) -> tuple[Step, ...]:
    """Return the thresholds of objectives and alerts on that histogram's p95, in seconds."""
    thresholds = [
        one.threshold
        for one in _whole(scope)
        if one.threshold is not None and one.target == P95 and histogram == scope.http.duration
    ]
    alerts = (
        alert
        for alert in _alerts(scope, "latency_quantile")
        if (alert.subject or scope.http.duration) == histogram and alert.quantile == P95
    )
    return worse_above((*_objectives(thresholds), *_thresholds(alerts)))


def saturation(scope: Scope, resource: str) -> tuple[Step, ...]:
    """Return the shares of a resource that alerts fire above."""
    return worse_above(_thresholds(a for a in _alerts(scope, "saturation") if a.subject == resource))


def gauge_below(scope: Scope, gauge: str) -> tuple[Step, ...]:
    """Return the values of a gauge that alerts fire below."""
    return worse_below(_thresholds(a for a in _alerts(scope, "gauge_below") if a.subject == gauge))


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


def _whole(scope: Scope) -> Iterator[Objective]:
    # The panels show all requests: an objective for some of them says nothing about their sum.
    return (one for one in scope.objectives if not one.is_partial)


def _availability(scope: Scope) -> list[Decimal]:
    return [one.target for one in _whole(scope) if one.kind == "availability"]


def _alerts(scope: Scope, preset: Preset) -> Iterator[AlertLimit]:
    return (limit for limit in scope.limits if limit.preset == preset)


def _objectives(values: Iterable[Decimal]) -> tuple[Limit, ...]:
    return tuple((value, "objective") for value in values)


def _thresholds(alerts: Iterable[AlertLimit]) -> tuple[Limit, ...]:
    return tuple((alert.threshold, alert.severity) for alert in alerts)
