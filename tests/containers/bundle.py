"""The bundled spec rendered into a folder of its own, once as it is and once for tests that cannot wait."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import PagerDuty, Receiver
from watchkeeper.pipeline import render_files
from watchkeeper.plan.plan import Plan, PlannedRoute, PlannedService

SPEC = Path(__file__).resolve().parents[2] / "monitoring" / "SLO_DEFINITIONS.yml"
SINKS = "http://sinks:9199"
SECRETS_GROUP = 54321

_SOON = Duration.parse("1s")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder that holds everything rendered, as it stands beside a user's spec."""

    root: Path

    @property
    def compose_file(self) -> Path:
        """Return where the Compose file is."""
        return self.root / naming.COMPOSE_FILE

    def folder(self, name: str) -> Path:
        """Return the folder that the service of that name has mounted."""
        return self.root / "monitoring" / name

    def service(self, name: str) -> dict[str, Any]:
        """Return the service of that name as the Compose file describes it."""
        document: dict[str, Any] = yaml.safe_load(self.compose_file.read_text(encoding="utf-8"))
        return dict(document["services"][name])


def render_bundle(root: Path, *, plan: Plan | None = None) -> Bundle:
    """Write the render of the plan, by default the bundled spec's, below `root`."""
    for path, text in render_files(plan or load_plan(SPEC)).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    # The engine mounts these for users who are neither root nor the owner.
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for name in files:
            Path(folder, name).chmod(0o644)
    return Bundle(root)


def hurried(plan: Plan) -> Plan:
    """Return the plan with every wait as short as it may be, and PagerDuty's address that of the sinks."""
    stack = replace(plan.stack, scrape_interval=_SOON, evaluation_interval=_SOON)
    routes = tuple(_hurried_route(route) for route in plan.routing.routes)
    fallback = _hurried_route(plan.routing.fallback)
    return replace(
        plan,
        stack=stack,
        services=tuple(_hurried_service(service) for service in plan.services),
        routing=replace(plan.routing, routes=routes, fallback=fallback),
    )


def give_secrets(bundle: Bundle) -> None:
    """Put the secret files where the spec says, readable to their group alone as for a careful user."""
    folder = bundle.folder("alertmanager") / "secrets"
    folder.mkdir(exist_ok=True)
    secrets = {"pagerduty_key": "0" * 32, "slack_webhook": f"{SINKS}/slack/local", "smtp_password": "unused"}
    for name, content in secrets.items():
        file = folder / name
        file.write_text(content, encoding="utf-8")
        file.chmod(0o640)
        os.chown(file, -1, SECRETS_GROUP)


def _hurried_service(service: PlannedService) -> PlannedService:
    return replace(service, alerts=tuple(replace(alert, hold=_SOON) for alert in service.alerts))


def _hurried_route(route: PlannedRoute) -> PlannedRoute:
    return replace(
        route,
        group_wait=_SOON,
        group_interval=_SOON,
        integrations=tuple(_to_sinks(receiver) for receiver in route.integrations),
    )


def _to_sinks(receiver: Receiver) -> Receiver:
    if not isinstance(receiver.integration, PagerDuty):
        return receiver
    return replace(receiver, integration=replace(receiver.integration, url=f"{SINKS}/pagerduty/v2/enqueue"))
