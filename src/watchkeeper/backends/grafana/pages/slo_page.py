"""The SLO page of a service: all its objectives, its promises, then each objective in detail."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.dashboard import Dashboard
from watchkeeper.backends.grafana.pages.page_parts import TAG, description, instances, links, marks, own_page
from watchkeeper.backends.grafana.panels import Link, Panel, row
from watchkeeper.backends.grafana.scope import NAME, Scope
from watchkeeper.backends.grafana.sections import objective_panels, promise_panels, status_panels
from watchkeeper.backends.grafana.variables import Choice, LabelValues
from watchkeeper.emit.promql import selector

_SHOWN_AT_FIRST = 6
"""Beyond so many objectives the reader chooses which ones are shown in detail."""


def slo_page(scope: Scope, at: Addresses) -> Dashboard:
    """Return the SLO page of one service that has objectives."""
    names = tuple(one.name for one in scope.objectives)
    choice = Choice(
        "slo", "Objective", "The objectives that are shown in detail.", names,
        several=True, all_at_first=len(names) <= _SHOWN_AT_FIRST,
    )  # fmt: skip
    overview = Link("Overview", f"/d/{own_page(naming.OVERVIEW_PAGE)}")
    return Dashboard(
        uid=own_page(naming.SLO_PAGE),
        title=f"SLO – {NAME}",
        description=description(scope),
        tags=(TAG, NAME),
        variables=(choice, *_values(scope), instances(scope)),
        annotations=marks(scope),
        links=links(scope, at, overview),
        panels=tuple(_panels(scope, at)),
        shown="24h",
    )


def _values(scope: Scope) -> Iterator[LabelValues]:
    """Yield a variable for each label by which objectives have several budgets."""
    for label in scope.values:
        series = selector(naming.REMAINING, (scope.services,))
        yield LabelValues(label, label, f"Restricts the table of budgets to some values of {label}.", series)


def _panels(scope: Scope, at: Addresses) -> list[Panel]:
    longest = max(one.window for one in scope.objectives)
    factors = {factor for one in scope.objectives for factor in one.factors}
    panels = [
        objective_panels.every_objective(scope, slo_page=own_page(naming.SLO_PAGE)),
        status_panels.firing_table(scope, at, height=5),
    ]
    panels += objective_panels.of_values(scope)
    if promises := promise_panels.promises(scope):
        panels += [row(320, "Promises to customers"), *promises]
    panels.append(row(300, "Objective $slo", repeat="slo"))
    panels += objective_panels.in_detail(scope, longest=longest, fastest=max(factors, default=Decimal(0)))
    return panels
