"""The rendered Compose file itself, on images made here: it comes up, it watches, and it pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.sinks.delivery import Delivery
from watchkeeper.sinks.sink_client import SinkClient

from .bundle import SECRETS_GROUP, SPEC, Bundle, give_secrets, hurried, render_bundle
from .project import Project
from .waiting import eventually, get_json

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]

# Grafana's image is the one that cannot be made here, and no password file is written: it stays out by itself.
SERVICES = ("prometheus", "alertmanager", "jaeger", "helloagents", "load", "sinks", "runbooks")
PORTS = {
    "prometheus": (9090,),
    "alertmanager": (9093,),
    "jaeger": (16686, 4317, 4318, 13133),
    "helloagents": (8000,),
    "sinks": (9199,),
}


@dataclass(frozen=True, slots=True)
class Stack:
    """The running project and the files that it runs from."""

    project: Project
    bundle: Bundle

    def url(self, service: str, port: int) -> str:
        """Return the address on this machine of a service's port."""
        return f"http://{self.project.address(service, port)}"


@pytest.fixture(scope="module")
def stack(
    images: dict[str, str],
    engine: docker.DockerClient,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Stack]:
    """Give the whole stack, healthy; afterwards nothing of it is left."""
    bundle = render_bundle(tmp_path_factory.mktemp("stack") / "root", plan=hurried(load_plan(SPEC)))
    give_secrets(bundle)
    variables = {**images, "WATCHKEEPER_SECRETS_GID": str(SECRETS_GROUP)}
    project = Project(bundle.compose_file, variables=variables, overrides=[free_ports(bundle.root)])
    try:
        project.up(within=120)
        failed = request.session.testsfailed
        yield Stack(project, bundle)
        if request.session.testsfailed > failed:
            print(project.logs())
    finally:
        project.remove()
    assert left_over(engine, project.name) == []


def free_ports(folder: Path) -> Path:
    """Write an override that leaves the choice of each host port to the engine."""
    lines = ["services:"]
    for service, ports in PORTS.items():
        lines.append(f"  {service}:\n    ports: !override")
        lines.extend(f'      - "127.0.0.1::{port}"' for port in ports)
    file = folder / "ports.yml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def left_over(engine: docker.DockerClient, project: str) -> list[str]:
    """Return the names of the project's containers, networks and volumes that still exist."""
    mine = {"label": f"com.docker.compose.project={project}"}
    found = [*engine.containers.list(all=True, filters=mine), *engine.networks.list(filters=mine)]
    return [each.name for each in (*found, *engine.volumes.list(filters=mine))]


def test_the_stack_runs_from_the_compose_file_that_users_get(stack: Stack) -> None:
    published = SPEC.parents[1] / naming.COMPOSE_FILE
    assert stack.bundle.compose_file.read_text(encoding="utf-8") == published.read_text(encoding="utf-8")


def test_every_service_with_a_health_check_is_healthy_and_the_load_runs(stack: Stack) -> None:
    healthy = dict.fromkeys(SERVICES, ("running", "healthy"))
    assert stack.project.states() == {**healthy, "load": ("running", "")}


def test_prometheus_scrapes_the_demo_and_the_rest_of_the_stack(stack: Stack) -> None:
    def up() -> set[str]:
        targets = get_json(f"{stack.url('prometheus', 9090)}/api/v1/targets")["data"]["activeTargets"]
        return {target["discoveredLabels"]["__address__"] for target in targets if target["health"] == "up"}

    expected = {"helloagents:8000", "prometheus:9090", "alertmanager:9093", "jaeger:8888", "jaeger:8889"}
    assert eventually(up, lambda seen: len(seen) >= len(expected), within=30) - {"localhost:9090"} == expected


def test_every_rendered_rule_is_evaluated_without_an_error(stack: Stack) -> None:
    def health() -> dict[str, str]:
        groups = get_json(f"{stack.url('prometheus', 9090)}/api/v1/rules")["data"]["groups"]
        # Tiles have their first turn within five minutes.
        often = [group for group in groups if group["interval"] < 300]
        return {rule["name"]: rule["health"] for group in often for rule in group["rules"]}

    services = load_plan(SPEC).alerting_services
    names = {naming.SPEC_INFO} | {alert.name for service in services for alert in service.all_alerts}
    names |= {rule.record for service in services for slo in service.slos for rule in slo.live_rules}
    rules = eventually(health, lambda seen: seen and "unknown" not in seen.values(), within=60)
    assert rules == dict.fromkeys(names, "ok")


def test_a_service_whose_network_is_cut_pages_its_people_and_its_return_is_told_too(
    stack: Stack, engine: docker.DockerClient
) -> None:
    sinks = SinkClient(stack.url("sinks", 9199))
    # An alert that fires before Prometheus knows its Alertmanager, in the first 5 s, is sent a minute later.
    known = f"{stack.url('prometheus', 9090)}/api/v1/alertmanagers"
    eventually(lambda: get_json(known)["data"]["activeAlertmanagers"], bool, within=60)
    began = time.time()
    with cut_off(engine, stack.project, "helloagents"):
        page = await_delivery(sinks, "pagerduty", "firing", since=began)
        message = await_delivery(sinks, "slack", "firing", since=began)
        targets = get_json(f"{stack.url('prometheus', 9090)}/api/v1/targets")["data"]["activeTargets"]
        # The process runs, and cannot be reached: what is wrong is said.
        (error,) = (target["lastError"] for target in targets if target["scrapePool"] == "helloagents")
        assert "no such host" in error or "deadline exceeded" in error or "no route" in error
        assert stack.project.states()["helloagents"][0] == "running"
    assert (page.alerts, page.severity, page.service) == (("ServiceDown",), "critical", "helloagents")
    assert message.alerts == ("ServiceDown",)
    await_delivery(sinks, "pagerduty", "resolved", since=began)
    await_delivery(sinks, "slack", "resolved", since=began)
    assert sinks.deliveries(since=began, channel="email") == []


@contextmanager
def cut_off(engine: docker.DockerClient, project: Project, service: str) -> Iterator[None]:
    """Take the network from a running container until the block ends."""
    (container,) = engine.containers.list(
        filters={
            "label": [
                f"com.docker.compose.project={project.name}",
                f"com.docker.compose.service={service}",
            ]
        }
    )
    (name,) = container.attrs["NetworkSettings"]["Networks"]
    network = engine.networks.get(name)
    network.disconnect(container)
    try:
        yield
    finally:
        network.connect(container, aliases=[service])


def await_delivery(sinks: SinkClient, channel: str, status: str, *, since: float) -> Delivery:
    """Return the first delivery about ServiceDown on the channel with that status."""
    return sinks.wait_for(
        lambda each: each.channel == channel and each.status == status and "ServiceDown" in each.alerts,
        timeout=60,
        since=since,
    )
