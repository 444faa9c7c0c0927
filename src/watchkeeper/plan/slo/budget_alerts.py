"""The alerts on what is left of an error budget: nothing, less than a share of it, or too little for long.

A share that is left rises and falls by little, as errors come and others leave the window. So the alert on it keeps
firing for a 120th of the window after its condition has ended: 6h of 30d.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.emit.promql import number
from watchkeeper.model.alert import Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import Slo
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.slo.alert_spec import KEEP_FIRING, AlertSpec, SloContext, least_events
from watchkeeper.plan.slo.burn_texts import budget_text, of_alert, query
from watchkeeper.plan.slo.indicator import Indicator
from watchkeeper.plan.slo.recordings import BURN_WINDOWS, SloParameters, bad_events, bad_events_of_budget
from watchkeeper.plan.slo.tiers import min_events

SOON_KEEP_FIRING = Duration.parse("30m")
_HALF = Decimal("0.5")
_WINDOWS_KEPT = 120
_HOUR = BURN_WINDOWS[0]
_SLOWER = (
    "Postpone risky changes until the budget recovers: errors leave the window as time passes."
    " Find what has spent it in the dashboard and the tickets of the window."
)


@dataclass(frozen=True, slots=True)
class BudgetLevel:
    """The alert on a share of the budget: it fires when at most `left` remains and `min_events` were bad. Seconds."""

    kind: str
    left: Decimal
    min_events: Decimal
    keep: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The alert on a budget that is gone within `seconds` at the burn rate of the last hour.

    `short` is the window that ends it soon after the burn; `slope` times the share that is left is the error ratio
    from which the budget is gone in time.
    """

    seconds: int
    short: Duration
    slope: Decimal
    min_events: Decimal


def budget_levels(slo: Slo, parameters: SloParameters, indicator: Indicator) -> tuple[BudgetLevel, ...]:
    """Return the shares of the budget that the team wants an alert on, smallest first."""
    kept = max(60, int(parameters.window.seconds) // _WINDOWS_KEPT // 60 * 60)
    least = least_events(indicator, parameters.base.scrape)
    found = []
    for percent, _ in reversed(slo.alerting.budget):
        left = Decimal(percent) / 100
        events = min_events(slo, parameters.budget * (1 - left), parameters.window, least)
        found.append(BudgetLevel(naming.budget_below(percent), left, events, kept))
    return tuple(found) if slo.alerting.enabled else ()


def forecast_of(slo: Slo, parameters: SloParameters, indicator: Indicator) -> Forecast | None:
    """Return when the budget counts as gone soon, None where the team wants no such alert."""
    if slo.alerting.exhausted_in is None or not slo.alerting.enabled:
        return None
    seconds = slo.alerting.exhausted_in.seconds
    return Forecast(
        seconds=int(seconds),
        short=parameters.windows[0],
        slope=round(parameters.budget * parameters.window.seconds / seconds, 12).normalize(),
        min_events=Decimal(slo.min_events or least_events(indicator, parameters.base.scrape)),
    )


def exhaustion_events(slo: Slo, parameters: SloParameters, indicator: Indicator) -> Decimal:
    """Return how many bad events the SLO's window must contain before its budget counts as spent."""
    return min_events(
        slo, parameters.budget, parameters.window, least_events(indicator, parameters.base.scrape)
    )


def exhausted(context: SloContext, severity: Severity) -> AlertSpec:
    """Return the alert on a budget that is spent."""
    parameters, unit = context.parameters, context.indicator.unit
    window, least = (
        parameters.window_words,
        exhaustion_events(context.slo, parameters, context.indicator),
    )
    return AlertSpec(
        kind=naming.BUDGET_EXHAUSTED,
        severity=severity,
        expr=f"{parameters.latest(naming.REMAINING)} <= 0"
        f"\nand\n{bad_events_of_budget(parameters)} > {number(least - _HALF)}{_while_counted(parameters)}",
        comment=f"The error budget of {window} is spent: at least {percentage(parameters.budget)} of the {unit} were bad.",
        summary=f"{context.title} has no error budget left",
        description_template=f"{{{{ $value | humanizePercentage }}}} of the error budget of {window} is left. "
        + query(
            parameters,
            of_alert(parameters, naming.burn_rate("1h")),
            'Burn rate {{ . | first | value | printf "%.1f" }} over 1h.',
        ),
        next_query=parameters.own(naming.REMAINING),
        keep_firing=KEEP_FIRING,
        window=parameters.window,
    )


def budget_alerts(context: SloContext, severity: Severity) -> Iterator[AlertSpec]:
    """Yield the alerts on a budget that is not spent yet; `severity` is that of the one on its end."""
    forecast = forecast_of(context.slo, context.parameters, context.indicator)
    if forecast is not None:
        yield _soon(context, severity, forecast)
    severities = {Decimal(percent) / 100: one for percent, one in context.slo.alerting.budget}
    for level in budget_levels(context.slo, context.parameters, context.indicator):
        yield _below(context, severities[level.left], level)


def _while_counted(parameters: SloParameters) -> str:
    """Return a condition that ends the alert of a value which has not been counted for 6h, such as a renamed route.

    One budget without a label needs none: its metric is missing, and an alert says so.
    """
    if parameters.split is None:
        return ""
    return f"\nand\n{parameters.latest(naming.error_ratio(str(BURN_WINDOWS[1])))}"


def _below(context: SloContext, severity: Severity, level: BudgetLevel) -> AlertSpec:
    parameters = context.parameters
    gone = percentage(parameters.budget * (1 - level.left))
    return AlertSpec(
        kind=level.kind,
        severity=severity,
        expr=f"{parameters.latest(naming.REMAINING)} <= {number(level.left)}"
        f"\nand\n{bad_events_of_budget(parameters)} > {number(level.min_events - _HALF)}{_while_counted(parameters)}",
        comment=f"At most {percentage(level.left)} of the error budget of {parameters.window_words} is left:"
        f" at least {gone} of the {context.indicator.unit} were bad.",
        summary=f"{context.title} has less than {percentage(level.left)} of its error budget left",
        description_template=budget_text(parameters),
        next_query=parameters.own(naming.REMAINING),
        keep_firing=Duration(level.keep * 1000),
        window=parameters.window,
        mitigation=_SLOWER,
    )


def _soon(context: SloContext, severity: Severity, forecast: Forecast) -> AlertSpec:
    parameters, within = context.parameters, Duration(forecast.seconds * 1000)
    short = parameters.latest(naming.error_ratio(str(forecast.short)))
    left = parameters.latest(naming.REMAINING)
    return AlertSpec(
        kind=naming.BUDGET_EXHAUSTED_SOON,
        severity=severity,
        expr=f"{parameters.latest(naming.EXHAUSTION)} < {forecast.seconds}"
        f"\nand\n{short} > clamp_min({left}, 0) * {number(forecast.slope)}"
        f"\nand\n{bad_events(parameters, _HOUR)} > {number(forecast.min_events - _HALF)}",
        comment=f"At the burn rate of the last {_HOUR} and of the last {forecast.short} the error budget of"
        f" {parameters.window_words} is gone within {within}; with at least {number(forecast.min_events)} bad"
        f" {context.indicator.unit} in {_HOUR}.",
        summary=f"{context.title} will have no error budget left within {within}",
        description_template=budget_text(parameters),
        next_query=parameters.own(naming.EXHAUSTION),
        keep_firing=SOON_KEEP_FIRING,
        window=_HOUR,
    )
