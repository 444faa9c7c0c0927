"""Compose itself accepts the rendered file; it needs no engine for that."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper.model.notify import Receiver, Webhook
from watchkeeper.model.position import Position
from watchkeeper.plan.plan import Plan

from ..conftest import need_tool
from .bundle import SPEC, Bundle, render_bundle

pytestmark = pytest.mark.tools

WITHOUT_A_PROFILE = {"prometheus", "alertmanager", "jaeger", "runbooks", "helloagents", "load", "sinks"}
ABSOLUTE = "/run/secrets/slack"


def compose(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Compose on the rendered file of the folder, with none of the variables that it reads."""
    command = [need_tool("docker-compose"), "--file", "docker-compose.monitoring.yml", *arguments]
    return subprocess.run(
        command, cwd=folder, env={"HOME": str(folder)}, check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("variant", ["demo", "no-demo", "memory", "absolute-secret"])
def test_compose_accepts_the_rendered_file_without_a_word(tmp_path: Path, variant: str) -> None:
    bundle = render_bundle(tmp_path / "root", plan=varied(load_plan(SPEC), variant))
    done = compose("config", "--quiet", folder=bundle.root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_compose_sees_every_service_confined_and_its_ports_on_the_loopback_address(tmp_path: Path) -> None:
    bundle = render_bundle(tmp_path / "root")
    resolved = seen(bundle, "--profile=grafana")
    assert set(resolved) == {*WITHOUT_A_PROFILE, "grafana"}
    for service in resolved.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert {port["host_ip"] for port in service.get("ports", ())} <= {"127.0.0.1"}


def test_grafana_and_the_password_that_it_needs_are_asked_for_by_its_profile_only(tmp_path: Path) -> None:
    bundle = render_bundle(tmp_path / "root")
    assert set(seen(bundle)) == WITHOUT_A_PROFILE
    assert "admin_password" not in json.dumps(seen(bundle))
    assert "admin_password" in json.dumps(seen(bundle, "--profile=grafana"))


def test_selinux_lets_containers_read_what_is_rendered_and_nothing_that_is_the_machines(
    tmp_path: Path,
) -> None:
    bundle = render_bundle(tmp_path / "root", plan=with_secret(load_plan(SPEC), ABSOLUTE))
    mounts = [
        mount
        for service in seen(bundle, "--profile=grafana").values()
        for mount in service.get("volumes", ())
        if mount["type"] == "bind"
    ]
    labels = {mount["source"]: mount["bind"].get("selinux") for mount in mounts}
    assert len(labels) == 9
    assert labels.pop(ABSOLUTE) is None
    assert all(source.startswith(f"{bundle.root}/monitoring/") for source in labels)
    assert set(labels.values()) == {"z"}


@pytest.mark.parametrize("path", [ABSOLUTE, "/srv/a b/$HOME/${HOME}/key:1"])
def test_compose_mounts_an_absolute_secret_where_the_spec_names_it(tmp_path: Path, path: str) -> None:
    bundle = render_bundle(tmp_path / "root", plan=with_secret(load_plan(SPEC), path))
    # Compose prints a dollar twice, as it reads it, and leaves `create_host_path` out where it is off.
    printed = path.replace("$", "$$")
    mounts = [each for each in seen(bundle)["alertmanager"]["volumes"] if each["target"] == printed]
    assert mounts == [{"type": "bind", "source": printed, "target": printed, "read_only": True, "bind": {}}]


def seen(bundle: Bundle, *options: str) -> dict[str, Any]:
    """Return the services as Compose understands the file."""
    done = compose(*options, "config", "--format=json", folder=bundle.root)
    assert done.returncode == 0, done.stderr
    resolved: dict[str, Any] = json.loads(done.stdout)["services"]
    return resolved


def with_secret(plan: Plan, path: str) -> Plan:
    """Return the plan with one more receiver, whose secret is at that path."""
    receiver = Receiver(name="audit", integration=Webhook(url_file=path), where=Position("spec.yml"))
    fallback = replace(plan.routing.fallback, integrations=(receiver,))
    return replace(plan, routing=replace(plan.routing, fallback=fallback))


def varied(plan: Plan, variant: str) -> Plan:
    """Return the plan without its demo, with traces in memory, or with a secret elsewhere on the machine."""
    if variant == "absolute-secret":
        return with_secret(plan, ABSOLUTE)
    if variant == "memory":
        return replace(plan, stack=replace(plan.stack, trace_storage="memory"))
    if variant == "no-demo":
        services = tuple(replace(service, is_demo=False) for service in plan.services)
        return replace(plan, stack=replace(plan.stack, demo=None), services=services)
    return plan
