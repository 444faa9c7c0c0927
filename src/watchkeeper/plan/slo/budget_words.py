"""When the alerts on the rest of a budget fire, in words: for reports and runbooks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.plan.slo.budget_alerts import budget_levels
from watchkeeper.plan.slo.detection import forecast_burn, level_detection
from watchkeeper.plan.slo.planned_slo import PlannedSlo

_SHARES = (Decimal(1), Decimal("0.5"), Decimal("0.1"))


def budget_words(slo: PlannedSlo) -> Iterator[tuple[str, str]]:
    """Yield the kind of each of these alerts with when it fires, most urgent first."""
    within = slo.spec.alerting.exhausted_in
    if within is not None and slo.spec.alerting.enabled:
        yield naming.BUDGET_EXHAUSTED_SOON, _forecast(slo)
    for level in budget_levels(slo.spec, slo.parameters, slo.indicator):
        outage = clock(level_detection(level.left, slo, Decimal(1)))
        steady = clock(level_detection(level.left, slo, slo.budget))
        yield (
            level.kind,
            f"when {percentage(level.left)} of the budget is left: after {outage} of total outage, or {steady} at burn rate 1",
        )


def _forecast(slo: PlannedSlo) -> str:
    within = slo.spec.alerting.exhausted_in
    assert within is not None
    burns = ", ".join(
        f"{round(forecast_burn(left, slo, within), 1).normalize():f} with {percentage(left)} left{_impossible(slo, left)}"
        for left in _SHARES
    )
    return f"when the budget would be gone within {within}: above a burn rate of {burns}"


def _impossible(slo: PlannedSlo, left: Decimal) -> str:
    """Return that no error ratio is so large; the alert fires once less of the budget is left."""
    within = slo.spec.alerting.exhausted_in
    assert within is not None
    return " (never)" if forecast_burn(left, slo, within) * slo.budget >= 1 else ""
