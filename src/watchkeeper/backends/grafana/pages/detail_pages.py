"""The pages about one signal pack in detail, on which the reader chooses the service."""

from __future__ import annotations

from typing import Final

from watchkeeper import naming
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.dashboard import Dashboard
from watchkeeper.backends.grafana.pages.page_parts import TAG, description, instances, links, marks
from watchkeeper.backends.grafana.panels import Panel, row
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.sections import http_panels, http_size_panels, sandbox_panels
from watchkeeper.backends.grafana.sections.pack_panels import slow_queries
from watchkeeper.backends.grafana.variables import Choice

DETAILS: Final = {
    "http": (naming.API_UID, "API Performance"),
    "sandbox": (naming.SANDBOX_UID, "Sandbox Metrics"),
}
"""The uid and the title of the page by its pack."""


def api_performance(scope: Scope, at: Addresses, services: tuple[str, ...]) -> Dashboard:
    """Return requests by endpoint and status, latencies, sizes and slow queries of a chosen service."""
    panels = [*http_panels.numbers(scope, width=6), *http_panels.trends(scope, at), row(209, "Endpoints")]
    panels += http_panels.endpoints(scope, at)
    if "http_first_byte" in scope.packs:
        panels += http_size_panels.first_byte(scope, at)
    if "http_sizes" in scope.packs:
        panels += http_size_panels.sizes(scope, at)
    if "database" in scope.packs:
        panels += [row(50, "Database"), slow_queries(scope, width=24)]
    return _page("http", scope, at, services, tuple(panels))


def sandbox_metrics(scope: Scope, at: Addresses, services: tuple[str, ...]) -> Dashboard:
    """Return success, durations, kinds of error and the pool of a chosen service's sandbox."""
    return _page("sandbox", scope, at, services, sandbox_panels.details(scope, at))


def _page(
    pack: str, scope: Scope, at: Addresses, services: tuple[str, ...], panels: tuple[Panel, ...]
) -> Dashboard:
    uid, title = DETAILS[pack]
    choice = Choice("service", "Service", "The service that every panel shows.", services)
    return Dashboard(
        uid=uid,
        title=title,
        description=description(scope),
        tags=(TAG,),
        variables=(choice, instances(scope)),
        annotations=marks(scope),
        links=links(scope, at),
        panels=panels,
    )
