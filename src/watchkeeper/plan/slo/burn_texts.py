"""The templates of burn alerts' descriptions, which query the current values when an alert fires."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.emit.promql import number
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import Tier

# Three digits are enough to compare a value with its limit.
_RATIO = 'printf "%.3g" | humanizePercentage'
# Its two largest units, as in `3h 12m`.
_DURATION = 'humanizeDuration | reReplaceAll "^([^ ]+)( [^ ]+)?.*" "${1}${2}"'


def query(parameters: SloParameters, inside: str, shown: str, otherwise: str = "") -> str:
    """Return a template that shows a query's first value; the query is ours and has no backtick.

    Of an objective by a label it is a query of the alert's own value, which `of_alert` leaves open once.
    """
    alternative = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    asked = f"`{inside}`"
    if parameters.split is not None:
        asked = f"(printf {asked} $labels.{parameters.split.label})"
    return f"{{{{ with query {asked} }}}}{shown}{alternative}{{{{ end }}}}"


def of_alert(parameters: SloParameters, series: str) -> str:
    """Return the newest value of a recorded series for a query in a template: that of the alert's own value."""
    if parameters.split is None:
        return parameters.latest(series)
    return f'max({series}{{slo_id="{parameters.slo_id}",{parameters.split.label}=%q}})'


def tier_text(parameters: SloParameters, tiers: tuple[Tier, ...]) -> str:
    """Return a template that shows the error ratio of the fastest tier over its threshold, and when the budget is gone."""
    gone = _gone(parameters)
    text = ""
    for tier in reversed(tiers):
        shown = (
            f"{{{{ . | first | value | {_RATIO} }}}} bad in {tier.long} (limit {percentage(tier.threshold)})"
        )
        long_ = f"{of_alert(parameters, naming.error_ratio(str(tier.long)))} > {number(tier.threshold)}"
        text = query(parameters, long_, shown, text or f"{{{{ $value | {_RATIO} }}}} bad")
    return f"{text}{gone}."


def _gone(parameters: SloParameters) -> str:
    """Return a template that shows how long the budget lasts at this burn rate; empty while nothing burns."""
    seconds = of_alert(parameters, naming.EXHAUSTION)
    spent = query(parameters, f"{seconds} == 0", ", budget gone")
    return query(
        parameters, f"{seconds} > 0", f", budget gone in {{{{ . | first | value | {_DURATION} }}}}", spent
    )


def budget_text(parameters: SloParameters) -> str:
    """Return a template that shows what is left of the budget or how far it is overspent, and the burn rate."""
    remaining, budget = of_alert(parameters, naming.REMAINING), f"error budget of {parameters.window_words}"
    share = f"{{{{ . | first | value | {_RATIO} }}}}"
    overspent = query(
        parameters,
        f"0 - {remaining} > 0",
        f"The {budget} is overspent by {share}",
        f"The {budget} is unknown",
    )
    left = query(parameters, f"{remaining} >= 0", f"{share} of the {budget} is left", overspent)
    rate = of_alert(parameters, naming.burn_rate("1h"))
    burn = query(parameters, rate, '{{ . | first | value | printf "%.1f" }}', "?")
    return f"{left}; burn rate {burn} over 1h."
