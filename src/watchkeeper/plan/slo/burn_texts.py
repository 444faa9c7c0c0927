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


def query(inside: str, shown: str, otherwise: str = "") -> str:
    """Return a template that shows a query's first value; the query is ours and has no backtick."""
    alternative = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f"{{{{ with query `{inside}` }}}}{shown}{alternative}{{{{ end }}}}"


def tier_text(parameters: SloParameters, tiers: tuple[Tier, ...]) -> str:
    """Return a template that shows the error ratio of the fastest tier over its threshold, and when the budget is gone."""
    gone = _gone(parameters)
    text = ""
    for tier in reversed(tiers):
        shown = (
            f"{{{{ . | first | value | {_RATIO} }}}} bad in {tier.long} (limit {percentage(tier.threshold)})"
        )
        long_ = f"{parameters.latest(naming.error_ratio(str(tier.long)))} > {number(tier.threshold)}"
        text = query(long_, shown, text or f"{{{{ $value | {_RATIO} }}}} bad")
    return f"{text}{gone}."


def _gone(parameters: SloParameters) -> str:
    """Return a template that shows how long the budget lasts at this burn rate; empty while nothing burns."""
    seconds = parameters.latest(naming.EXHAUSTION)
    spent = query(f"{seconds} == 0", ", budget gone")
    return query(f"{seconds} > 0", f", budget gone in {{{{ . | first | value | {_DURATION} }}}}", spent)


def budget_text(parameters: SloParameters) -> str:
    """Return a template that shows what is left of the budget or how far it is overspent, and the burn rate."""
    remaining, budget = parameters.latest(naming.REMAINING), f"error budget of {parameters.window_words}"
    share = f"{{{{ . | first | value | {_RATIO} }}}}"
    overspent = query(
        f"0 - {remaining} > 0", f"The {budget} is overspent by {share}", f"The {budget} is unknown"
    )
    left = query(f"{remaining} >= 0", f"{share} of the {budget} is left", overspent)
    burn = query(parameters.latest(naming.burn_rate("1h")), '{{ . | first | value | printf "%.1f" }}', "?")
    return f"{left}; burn rate {burn} over 1h."
