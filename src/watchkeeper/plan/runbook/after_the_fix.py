"""What shows that a fix worked: the numbers that the alert watches, then the alert itself."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.plan.plan import PlannedAlert, PlannedSlo
from watchkeeper.plan.runbook.first_queries import RunbookQuery


def after_the_fix(alert: PlannedAlert, slo: PlannedSlo | None) -> Iterator[RunbookQuery]:
    """Yield queries with the results that they must have."""
    if slo is not None:
        yield from _of_slo(alert, slo)
    name, service = ("alertname", "=", alert.name), ("service", "=", alert.service)
    firing = selector("ALERTS", [name, service, ("alertstate", "=", "firing")])
    yield RunbookQuery("The alert, which must have no result here", firing)


def _of_slo(alert: PlannedAlert, slo: PlannedSlo) -> Iterator[RunbookQuery]:
    latest = slo.parameters.latest
    tier = next((one for one in slo.tiers if one.alert_kind == alert.slo_kind), None)
    if tier is not None:
        must = f"The error ratio of the last {tier.short}, which must fall under the limit under Meaning"
        yield RunbookQuery(must, latest(naming.error_ratio(str(tier.short))))
    if alert.window == slo.parameters.window:
        yield RunbookQuery("The rest of the budget, which must rise again", latest(naming.REMAINING))
    elif alert.slo_kind in (naming.METRIC_MISSING, naming.IDLE):
        more = " > 0" if alert.slo_kind == naming.IDLE else ""
        yield RunbookQuery("Events a second, which must have a result", f"{latest(naming.TOTAL_BASE)}{more}")
    else:
        yield RunbookQuery(
            f"The burn rate of the last hour, which must fall under 1 for the budget of {slo.parameters.window_words} to last",
            latest(naming.burn_rate("1h")),
        )
