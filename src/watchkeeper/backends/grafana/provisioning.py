"""The files that Grafana reads at its start: data sources with fixed identifiers, and the folder of the dashboards."""

from __future__ import annotations

from watchkeeper.emit import yaml
from watchkeeper.plan.plan import Plan

DASHBOARDS_FOLDER = "/var/lib/grafana-dashboards"
"""Where a container mounts monitoring/grafana/dashboards; not below /var/lib/grafana, which is a volume."""


def data_sources(plan: Plan) -> yaml.Value:
    """Return the data sources Prometheus, Jaeger and Alertmanager, linked with one another."""
    return {
        "apiVersion": 1,
        "prune": True,
        "datasources": [_prometheus(plan), _jaeger(), _alertmanager()],
    }


def dashboard_provider() -> yaml.Value:
    """Return the provider that shows every file of the dashboards folder, folder by folder, read-only."""
    provider: yaml.Value = {
        "name": "watchkeeper",
        "orgId": 1,
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": DASHBOARDS_FOLDER, "foldersFromFilesStructure": True},
    }
    return {"apiVersion": 1, "providers": [provider]}


def _prometheus(plan: Plan) -> yaml.Value:
    to_trace: yaml.Value = {
        "name": "trace_id",
        "datasourceUid": "jaeger",
        "urlDisplayLabel": "Trace in Jaeger",
    }
    return {
        **_source("Prometheus", "http://prometheus:9090"),
        "isDefault": True,
        "jsonData": {
            "httpMethod": "POST",
            "prometheusType": "Prometheus",
            # Grafana derives $__rate_interval from it.
            "timeInterval": str(plan.stack.scrape_interval),
            "manageAlerts": True,
            "alertmanagerUid": "alertmanager",
            "exemplarTraceIdDestinations": [to_trace],
        },
    }


def _jaeger() -> yaml.Value:
    return {
        **_source("Jaeger", "http://jaeger:16686"),
        "jsonData": {"nodeGraph": {"enabled": True}},
    }


def _alertmanager() -> yaml.Value:
    return {
        **_source("Alertmanager", "http://alertmanager:9093"),
        "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
    }


def _source(name: str, url: str) -> dict[str, yaml.Value]:
    kind = name.lower()
    return {"name": name, "uid": kind, "type": kind, "access": "proxy", "url": url, "editable": False}
