"""Grafana's provisioning files and dashboards, in the classic JSON that provisioning accepts."""

from __future__ import annotations

from collections.abc import Callable

from watchkeeper import naming
from watchkeeper.backends.grafana.addresses import Addresses, addresses_of
from watchkeeper.backends.grafana.dashboard import Dashboard, dump
from watchkeeper.backends.grafana.pages.detail_pages import api_performance, sandbox_metrics
from watchkeeper.backends.grafana.pages.fleet_page import fleet_page
from watchkeeper.backends.grafana.pages.service_page import service_page
from watchkeeper.backends.grafana.pages.slo_page import slo_page
from watchkeeper.backends.grafana.provisioning import DASHBOARDS_FOLDER, dashboard_provider, data_sources
from watchkeeper.backends.grafana.scope import Scope, named, scope_of, scope_of_pack, services_to_choose
from watchkeeper.emit import yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.plan.plan import Plan

__all__ = ["DASHBOARDS_FOLDER", "render"]

_DETAILS = {"http": (naming.API_PAGE, api_performance), "sandbox": (naming.SANDBOX_PAGE, sandbox_metrics)}


def render(plan: Plan) -> dict[str, str]:
    """Return the data sources, the dashboards' provider and every dashboard."""
    header = generated_from(plan.source)
    folder = "monitoring/grafana"
    return {
        f"{folder}/provisioning/datasources/datasources.yaml": yaml.dump(data_sources(plan), header=header),
        f"{folder}/provisioning/dashboards/dashboards.yaml": yaml.dump(dashboard_provider(), header=header),
        **_shared_pages(plan, addresses_of(plan.stack)),
        **_pages_of_services(plan, addresses_of(plan.stack)),
    }


def _shared_pages(plan: Plan, at: Addresses) -> dict[str, str]:
    """Return the page of all objectives, and a page for each pack that has one and that a service emits."""
    own = naming.SHARED_DASHBOARDS
    files = {naming.dashboard_path(own, "all-objectives"): dump(fleet_page(plan, at))}
    for pack, (name, page) in _DETAILS.items():
        if services := tuple(service.name for service in services_to_choose(plan, pack)):
            files[naming.dashboard_path(own, name)] = dump(page(scope_of_pack(plan, pack), at, services))
    return files


def _pages_of_services(plan: Plan, at: Addresses) -> dict[str, str]:
    """Return an Overview for each service, and an SLO page for each one with objectives.

    A service with labels or metrics of its own has the pages on its packs too, which the others share.
    """
    files: dict[str, str] = {}
    known: dict[tuple[str, Scope], str] = {}

    def page(kind: str, build: Callable[[Scope, Addresses], Dashboard], scope: Scope) -> str:
        if (kind, scope) not in known:
            known[kind, scope] = dump(build(scope, at))
        return known[kind, scope]

    for service in plan.services:
        scope = scope_of(service)
        pages = [(naming.OVERVIEW_PAGE, service_page)]
        if service.slos:
            pages.append((naming.SLO_PAGE, slo_page))
        pages += [
            detail for pack, detail in _DETAILS.items() if pack in scope.packs and scope.has_own_page(pack)
        ]
        for kind, build in pages:
            files[naming.dashboard_path(service.name, kind)] = named(page(kind, build, scope), service.name)
    return files
