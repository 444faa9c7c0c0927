"""The files that Grafana reads at its start: data sources with fixed identifiers, and the folder of the dashboards."""

from __future__ import annotations

from watchkeeper.emit import yaml
from watchkeeper.model.stack import Stack
from watchkeeper.model.stack_access import ACCESS_FOLDER, CA_FILE, OWN_USER, PASSWORD_FILE
from watchkeeper.plan.plan import Plan

DASHBOARDS_FOLDER = "/var/lib/grafana-dashboards"
"""Where a container mounts monitoring/grafana/dashboards; not below /var/lib/grafana, which is a volume."""


def data_sources(plan: Plan) -> yaml.Value:
    """Return the data sources Prometheus, Jaeger and Alertmanager, linked with one another."""
    return {
        "apiVersion": 1,
        "prune": True,
        "datasources": [_prometheus(plan), _jaeger(plan.stack), _alertmanager(plan.stack)],
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
        **_source("Prometheus", "prometheus:9090", plan.stack),
        "isDefault": True,
        "jsonData": {
            **_checked(plan.stack),
            "httpMethod": "POST",
            "prometheusType": "Prometheus",
            # Grafana derives $__rate_interval from it.
            "timeInterval": str(plan.stack.scrape_interval),
            "manageAlerts": True,
            "alertmanagerUid": "alertmanager",
            "exemplarTraceIdDestinations": [to_trace],
        },
    }


def _jaeger(stack: Stack) -> yaml.Value:
    return {
        **_source("Jaeger", "jaeger:16686", stack),
        "jsonData": {**_checked(stack), "nodeGraph": {"enabled": True}},
    }


def _alertmanager(stack: Stack) -> yaml.Value:
    return {
        **_source("Alertmanager", "alertmanager:9093", stack),
        "jsonData": {**_checked(stack), "implementation": "prometheus", "handleGrafanaManagedAlerts": False},
    }


def _source(name: str, address: str, stack: Stack) -> dict[str, yaml.Value]:
    kind, url = name.lower(), f"{stack.scheme}://{address}"
    source: dict[str, yaml.Value] = {"name": name, "uid": kind, "type": kind, "access": "proxy", "url": url}
    return {**source, **_login(stack), "editable": False}


def _login(stack: Stack) -> dict[str, yaml.Value]:
    """Return the user of the stack's own clients; Grafana reads the files when it starts."""
    if stack.access is None:
        return {}
    secrets: dict[str, yaml.Value] = {"basicAuthPassword": _content(PASSWORD_FILE)}
    if stack.access.tls is not None and stack.access.tls.authority == "private":
        secrets["tlsCACert"] = _content(CA_FILE)
    return {"basicAuth": True, "basicAuthUser": OWN_USER, "secureJsonData": secrets}


def _checked(stack: Stack) -> dict[str, yaml.Value]:
    """Return how the certificates are checked."""
    tls = stack.access.tls if stack.access is not None else None
    if tls is None:
        return {}
    return {"tlsAuthWithCACert": tls.authority == "private", "serverName": tls.server_name}


def _content(file: str) -> str:
    return f"$__file{{{ACCESS_FOLDER}/{file}}}"
