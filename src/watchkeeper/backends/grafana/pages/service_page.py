"""The Overview of a service: status, budgets, requests, then a section for each signal pack that it emits."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.dashboard import Dashboard
from watchkeeper.backends.grafana.pages.detail_pages import DETAILS
from watchkeeper.backends.grafana.pages.page_parts import TAG, description, instances, links, marks, own_page
from watchkeeper.backends.grafana.panels import Link, Panel, row
from watchkeeper.backends.grafana.scope import NAME, Scope
from watchkeeper.backends.grafana.sections import http_panels, status_panels
from watchkeeper.backends.grafana.sections.pack_panels import SECTIONS


def service_page(scope: Scope, at: Addresses) -> Dashboard:
    """Return the Overview of one service; it has panels for the packs that the service emits."""
    pages = [
        Link(title, f"/d/{own_page(kind)}" if scope.has_own_page(pack) else f"/d/{uid}?var-service={NAME}")
        for pack, (uid, title, kind) in DETAILS.items()
        if pack in scope.packs
    ]
    if scope.objectives:
        pages.insert(0, Link("SLO", f"/d/{own_page(naming.SLO_PAGE)}"))
    return Dashboard(
        uid=own_page(naming.OVERVIEW_PAGE),
        title=f"Overview – {NAME}",
        description=description(scope),
        tags=(TAG, NAME),
        variables=(instances(scope),),
        annotations=marks(scope),
        links=links(scope, at, *pages),
        panels=tuple(_panels(scope, at)),
    )  # fmt: skip


def _panels(scope: Scope, at: Addresses) -> list[Panel]:
    has_http = "http" in scope.packs
    panels = [status_panels.firing(scope, at), status_panels.targets(scope)]
    if has_http:
        panels += http_panels.numbers(scope)
    if scope.objectives:
        slo_page = own_page(naming.SLO_PAGE)
        panels += [
            status_panels.objectives(scope, slo_page=slo_page, width=14),
            status_panels.firing_table(scope, at, width=10),
            status_panels.budget_trend(scope),
            status_panels.burn_trend(scope),
        ]
    else:
        panels.append(status_panels.firing_table(scope, at))
    if has_http:
        panels += [row(19, "Requests"), *http_panels.trends(scope, at)]
    for pack, section in SECTIONS.items():
        if pack in scope.packs:
            panels += section(scope, at)
    return panels
