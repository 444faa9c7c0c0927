"""Which alert of an objective takes the place of those on its budget: one burning objective is one notification."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from watchkeeper import naming
from watchkeeper.plan.plan import InhibitRule, PlannedAlert

_ANY_SLO = ("slo_id", "!=", "")
_LEVEL = "[0-9]+".join(naming.BUDGET_BELOW)
_PERCENT = re.compile("([0-9]+)".join(naming.BUDGET_BELOW))


def budget_inhibitions(alerts: Iterable[PlannedAlert]) -> Iterator[InhibitRule]:
    """Yield the rules for budgets that are not spent yet, as far as the plan has such alerts."""
    kinds = {alert.slo_kind for alert in alerts if alert.slo_kind is not None}
    levels = sorted(int(found[1]) for kind in kinds if (found := _PERCENT.fullmatch(kind)))
    if naming.BUDGET_EXHAUSTED_SOON in kinds:
        sources = (naming.FAST_BURN, naming.BUDGET_EXHAUSTED)
        yield _rule("burn-mutes-budget-forecast", "|".join(sources), naming.BUDGET_EXHAUSTED_SOON)
    if levels:
        more = (naming.FAST_BURN, naming.SLOW_BURN, naming.BUDGET_EXHAUSTED, naming.BUDGET_EXHAUSTED_SOON)
        yield _rule("burn-mutes-budget-left", "|".join(more), _LEVEL)
    for number, less in enumerate(levels[:-1], 1):
        higher = "|".join(map(str, levels[number:]))
        target = f"({higher})".join(naming.BUDGET_BELOW)
        yield _rule(f"less-than-{less}-percent-mutes-higher-ones", naming.budget_below(less), target)


def _rule(name: str, sources: str, targets: str) -> InhibitRule:
    return InhibitRule(
        name=name,
        source_matchers=(("alertname", "=~", f".+({sources})"), _ANY_SLO),
        target_matchers=(("alertname", "=~", f".+({targets})"), _ANY_SLO),
        equal=("slo_id",),
    )
