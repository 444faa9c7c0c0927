"""Which alert of an objective takes the place of those on its budget: one burning objective is one notification."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from watchkeeper import naming
from watchkeeper.plan.plan import InhibitRule, Matcher, PlannedAlert

# What makes the rule of a name, the matchers of its source, and those of its target.
MakeRule = Callable[[str, tuple[Matcher, ...], tuple[Matcher, ...]], InhibitRule]
_LEVEL = "[0-9]+".join(naming.BUDGET_BELOW)
_PERCENT = re.compile("([0-9]+)".join(naming.BUDGET_BELOW))


def budget_inhibitions(alerts: Iterable[PlannedAlert], of_one_slo: MakeRule) -> Iterator[InhibitRule]:
    """Yield the rules for budgets that are not spent yet, as far as the plan has such alerts.

    `of_one_slo` makes a rule that compares the objective and everything around it.
    """

    def rule(name: str, sources: str, targets: str) -> InhibitRule:
        return of_one_slo(name, _named(sources), _named(targets))

    kinds = {alert.slo_kind for alert in alerts if alert.slo_kind is not None}
    levels = sorted(int(found[1]) for kind in kinds if (found := _PERCENT.fullmatch(kind)))
    if naming.BUDGET_EXHAUSTED_SOON in kinds:
        sources = (naming.FAST_BURN, naming.BUDGET_EXHAUSTED)
        yield rule("burn-mutes-budget-forecast", "|".join(sources), naming.BUDGET_EXHAUSTED_SOON)
    if levels:
        more = (naming.FAST_BURN, naming.SLOW_BURN, naming.BUDGET_EXHAUSTED, naming.BUDGET_EXHAUSTED_SOON)
        yield rule("burn-mutes-budget-left", "|".join(more), _LEVEL)
    for number, less in enumerate(levels[:-1], 1):
        higher = "|".join(map(str, levels[number:]))
        target = f"({higher})".join(naming.BUDGET_BELOW)
        yield rule(f"less-than-{less}-percent-mutes-higher-ones", naming.budget_below(less), target)


def _named(ends: str) -> tuple[Matcher, ...]:
    # By name, because the levels of a budget share their kind.
    return (("alertname", "=~", f".+({ends})"),)
