"""Every file, alert, receiver and uid name that outputs share; metric names come from the contract."""

from __future__ import annotations

from typing import Final

COMPOSE_FILE: Final = "docker-compose.monitoring.yml"
PROMETHEUS: Final = "monitoring/prometheus"
ALERTMANAGER: Final = "monitoring/alertmanager"
OVERVIEW_UID: Final = "watchkeeper-overview"
FALLBACK_RECEIVER: Final = "unrouted"


def alerts_path(service: str) -> str:
    """Return the file of a service's threshold alerts."""
    return f"{PROMETHEUS}/alerts/{service}.yml"


def targets_path(group: str, job: str) -> str:
    """Return the file that tells Prometheus a job's addresses; `group` is services or stack."""
    return f"{PROMETHEUS}/targets/{group}/{job}.json"


def runbook_path(service: str, alert: str) -> str:
    """Return the file of an alert's runbook."""
    return f"monitoring/runbooks/{service}/{alert}.md"


def runbook_url(base: str | None, service: str, alert: str) -> str:
    """Return where people find the runbook: under the spec's base address, else the path in the repository."""
    if base is None:
        return runbook_path(service, alert)
    return f"{base.rstrip('/')}/{service}/{alert}.md"


def instrumentation_path(service: str) -> str:
    """Return the file that the service's middleware loads."""
    return f"monitoring/instrumentation/{service}.json"
