"""Prometheus alone in a container, as the Compose file runs it, by testcontainers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from testcontainers.core.container import DockerContainer

from tests.loading import load_plan

from .bundle import SPEC, Bundle, hurried, render_bundle
from .single import options
from .waiting import eventually, get_json

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]


@contextmanager
def running(image: str, bundle: Bundle) -> Iterator[tuple[DockerContainer, str]]:
    """Run Prometheus on the bundle's folder; give it with its address on this machine."""
    described = options(bundle, "prometheus")
    container = (
        DockerContainer(image)
        .with_command(described.pop("command"))
        .with_volume_mapping(bundle.folder("prometheus"), "/etc/prometheus", "ro")
        .with_kwargs(**described)
    )
    # By itself the library opens a port to every network.
    container.ports["9090/tcp"] = ("127.0.0.1", None)  # type: ignore[assignment]
    with container:
        address = f"http://127.0.0.1:{container.get_exposed_port(9090)}"
        eventually(lambda: holds(address), bool, within=30)
        yield container, address


def holds(address: str) -> dict[str, float]:
    """Return for how many seconds each alert of the running server must last before it fires."""
    groups = get_json(f"{address}/api/v1/rules")["data"]["groups"]
    return {
        rule["name"]: rule["duration"] for group in groups for rule in group["rules"] if "duration" in rule
    }


def test_prometheus_runs_the_rendered_rules_on_a_read_only_root(
    images: dict[str, str], bundle: Bundle
) -> None:
    services = load_plan(SPEC).alerting_services
    planned = {alert.name: float(alert.hold.seconds) for one in services for alert in one.all_alerts}
    with running(images["PROMETHEUS_IMAGE"], bundle) as (container, address):
        assert holds(address) == planned
        ready = container.exec(["/bin/promtool", "check", "ready", "--url=http://127.0.0.1:9090"])
        assert ready.exit_code == 0, ready.output


def test_a_new_render_is_taken_up_without_a_restart(images: dict[str, str], bundle: Bundle) -> None:
    alerts = bundle.folder("prometheus") / "alerts"
    with running(images["PROMETHEUS_IMAGE"], bundle) as (_, address):
        before = holds(address)
        changed = render_bundle(bundle.root.parent / "changed", plan=hurried(load_plan(SPEC)))
        staged = alerts / ".staged"
        staged.write_bytes((changed.folder("prometheus") / "alerts" / "helloagents.yml").read_bytes())
        staged.replace(alerts / "helloagents.yml")
        after = eventually(lambda: holds(address), lambda seen: seen and seen != before, within=60)
    thresholds = [alert.name for alert in load_plan(SPEC).services[0].alerts]
    assert {name: after[name] for name in thresholds} == dict.fromkeys(thresholds, 1.0)


def test_a_broken_rule_file_leaves_the_running_rules_in_force(images: dict[str, str], bundle: Bundle) -> None:
    rules = bundle.folder("prometheus") / "alerts" / "helloagents.yml"
    with running(images["PROMETHEUS_IMAGE"], bundle) as (container, address):
        before = holds(address)
        rules.write_text(
            "groups: [{name: broken, rules: [{alert: Broken, expr: 'up ='}]}]\n", encoding="utf-8"
        )
        eventually(
            container.get_logs, lambda logs: b"Failed to apply configuration" in b"".join(logs), within=60
        )
        assert holds(address) == before
