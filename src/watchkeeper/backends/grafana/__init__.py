"""Grafana's provisioning files and dashboards, in the classic JSON that provisioning accepts."""

from __future__ import annotations

from watchkeeper.backends.grafana.dashboard import dump
from watchkeeper.backends.grafana.overview import overview
from watchkeeper.backends.grafana.provisioning import DASHBOARDS_FOLDER, dashboard_provider, data_sources
from watchkeeper.emit import yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.plan.plan import Plan

__all__ = ["DASHBOARDS_FOLDER", "render"]


def render(plan: Plan) -> dict[str, str]:
    """Return the data sources, the dashboards' provider and the Overview."""
    header = generated_from(plan.source)
    folder = "monitoring/grafana"
    return {
        f"{folder}/provisioning/datasources/datasources.yaml": yaml.dump(data_sources(plan), header=header),
        f"{folder}/provisioning/dashboards/dashboards.yaml": yaml.dump(dashboard_provider(), header=header),
        f"{folder}/dashboards/overview.json": dump(overview(plan)),
    }
