"""The templates of burn alerts' descriptions, which query the current values when an alert fires."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.emit.promql import number
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import Tier


def query(inside: str, shown: str, otherwise: str = "") -> str:
    """Return a template that shows a query's first value; the query is ours and has no backtick."""
    alternative = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f"{{{{ with query `{inside}` }}}}{shown}{alternative}{{{{ end }}}}"


def tier_text(parameters: SloParameters, tiers: tuple[Tier, ...]) -> str:
    """Return a template that shows the error ratio of the fastest tier that is over its threshold."""
    text = ""
    for tier in reversed(tiers):
        shown = f"{{{{ . | first | value | humanizePercentage }}}} bad in {tier.long} (limit {percentage(tier.threshold)})."
        long_ = f"{parameters.latest(naming.error_ratio(str(tier.long)))} > {number(tier.threshold)}"
        text = query(long_, shown, text or "{{ $value | humanizePercentage }} bad.")
    return text


def budget_text(parameters: SloParameters) -> str:
    """Return a template that shows the burn rate, what is left of the budget, and how long it lasts."""
    burn = query(parameters.latest(naming.burn_rate("1h")), '{{ . | first | value | printf "%.1f" }}', "?")
    left = query(parameters.latest(naming.REMAINING), "{{ . | first | value | humanizePercentage }}", "?")
    lasts = query(
        parameters.latest(naming.EXHAUSTION),
        ", enough for {{ . | first | value | humanizeDuration }} at this burn rate",
    )
    return f"Burn rate {burn} over 1h; {left} of the error budget of {parameters.window} is left{lasts}."
