"""The Compose file of the stack: the plan's images, ports and limits as readable services."""

from __future__ import annotations

import textwrap

from watchkeeper import naming
from watchkeeper.backends.compose.compose_secrets import mounted_secrets
from watchkeeper.backends.compose.demo import demo
from watchkeeper.backends.compose.parts import COMMON, Service
from watchkeeper.backends.compose.runbook_server import runbook_server
from watchkeeper.backends.compose.sentry_server import (
    SENTRY_FOLDER,
    SENTRY_PORT,
    SENTRY_PROFILE,
    SENTRY_USER,
    sentry_server,
)
from watchkeeper.backends.compose.stack_services import (
    ALERTMANAGER_USER,
    GRAFANA_PROFILE,
    GRAFANA_USER,
    PROMETHEUS_USER,
    stack_services,
)
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.yaml import Value, dump
from watchkeeper.plan.plan import Plan

__all__ = [
    "ALERTMANAGER_USER",
    "GRAFANA_PROFILE",
    "GRAFANA_USER",
    "PROMETHEUS_USER",
    "SENTRY_FOLDER",
    "SENTRY_PORT",
    "SENTRY_PROFILE",
    "SENTRY_USER",
    "mounted_secrets",
    "render",
]

_GRAFANA_FILE = f"./{naming.GRAFANA_PASSWORD}"
_USE = f"""\
Start the stack with `docker compose -f {naming.COMPOSE_FILE} up -d`. Its ports are open to this
machine only. Grafana starts only when it has a password: write one to
{_GRAFANA_FILE}, mode 0640, and add `--profile {GRAFANA_PROFILE}` before `up`
(`watchkeeper up` does both). A variable such as PROMETHEUS_IMAGE replaces an image with one of yours. All services
use the default network: Prometheus reaches a service of your own Compose file, added with another `-f`, by name."""


def render(plan: Plan) -> dict[str, str]:
    """Return the Compose file by its path; the same plan gives the same text."""
    services = stack_services(plan) | runbook_server(plan) | sentry_server(plan) | demo(plan)
    sections = [
        dump(_top(plan), header=f"{generated_from(plan.source)}\n\n{_USE}"),
        f"# The settings that every service inherits with its `<<` line.\nx-confined: &confined\n{_indent(dump(COMMON))}",
        "services:\n" + "\n".join(_block(name, service) for name, service in services.items()),
    ]
    return {naming.COMPOSE_FILE: "\n".join(sections)}


def _block(name: str, service: Service) -> str:
    return f"  {name}:\n    <<: *confined\n{_indent(_indent(dump(service)))}"


def _indent(text: str) -> str:
    return textwrap.indent(text, "  ")


def _top(plan: Plan) -> dict[str, Value]:
    names = ["prometheus-data", "alertmanager-data", "grafana-data"]
    if plan.stack.trace_storage == "badger":
        names.append("jaeger-data")
    return {"volumes": {name: {} for name in names}}
