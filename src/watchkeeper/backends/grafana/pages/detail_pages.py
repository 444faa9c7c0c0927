"""The pages about one signal pack in detail, on which the reader chooses the service."""

from __future__ import annotations

from typing import Final

from watchkeeper import naming
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.dashboard import Dashboard
from watchkeeper.backends.grafana.pages.page_parts import TAG, description, instances, links, marks, own_page
from watchkeeper.backends.grafana.panels import Panel, row
from watchkeeper.backends.grafana.scope import NAME, Scope
from watchkeeper.backends.grafana.sections import http_panels, http_size_panels, sandbox_panels
from watchkeeper.backends.grafana.sections.pack_panels import slow_queries
from watchkeeper.backends.grafana.variables import Choice

DETAILS: Final = {
    "http": (naming.API_UID, "API Performance", naming.API_PAGE),
    "sandbox": (naming.SANDBOX_UID, "Sandbox Metrics", naming.SANDBOX_PAGE),
}
"""The uid of the shared page by its pack, its title, and its kind where a service has one of its own."""


def api_performance(scope: Scope, at: Addresses, services: tuple[str, ...] = ()) -> Dashboard:
    """Return requests by endpoint and status, latencies, sizes and slow queries of a chosen service.

    Without services to choose from, the page is about the one of the scope.
    """
    panels = [*http_panels.numbers(scope, width=6), *http_panels.trends(scope, at), row(209, "Endpoints")]
    panels += http_panels.endpoints(scope, at)
    if "http_first_byte" in scope.packs:
        panels += http_size_panels.first_byte(scope, at)
    if "http_sizes" in scope.packs:
        panels += http_size_panels.sizes(scope, at)
    if "database" in scope.packs:
        panels += [row(50, "Database"), slow_queries(scope, width=24)]
    return _page("http", scope, at, services, tuple(panels))


def sandbox_metrics(scope: Scope, at: Addresses, services: tuple[str, ...] = ()) -> Dashboard:
    """Return success, durations, kinds of error and the pool of a chosen service's sandbox."""
    return _page("sandbox", scope, at, services, sandbox_panels.details(scope, at))


def _page(
    pack: str, scope: Scope, at: Addresses, services: tuple[str, ...], panels: tuple[Panel, ...]
) -> Dashboard:
    uid, title, kind = DETAILS[pack]
    choices: tuple[Choice, ...] = (
        Choice("service", "Service", "The service that every panel shows.", services),
    )
    if not services:
        uid, title, choices = own_page(kind), f"{title} – {NAME}", ()
    return Dashboard(
        uid=uid,
        title=title,
        description=description(scope),
        tags=(TAG,),
        variables=(*choices, instances(scope)),
        annotations=marks(scope),
        links=links(scope, at),
        panels=panels,
    )
