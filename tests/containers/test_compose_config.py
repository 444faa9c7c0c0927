"""Compose itself accepts the rendered file; it needs no engine for that."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from watchkeeper.pipeline import load_plan
from watchkeeper.plan.values import Plan

from ..conftest import need_tool
from .bundle import SPEC, render_bundle

pytestmark = pytest.mark.tools


def compose(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Compose on the rendered file of the folder, with none of the variables that it reads."""
    command = [need_tool("docker-compose"), "--file", "docker-compose.monitoring.yml", *arguments]
    return subprocess.run(
        command, cwd=folder, env={"HOME": str(folder)}, check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("variant", ["demo", "no-demo", "memory"])
def test_compose_accepts_the_rendered_file_without_a_word(tmp_path: Path, variant: str) -> None:
    bundle = render_bundle(tmp_path / "root", plan=varied(load_plan(SPEC), variant))
    done = compose("config", "--quiet", folder=bundle.root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_compose_sees_every_service_confined_and_its_ports_on_the_loopback_address(tmp_path: Path) -> None:
    bundle = render_bundle(tmp_path / "root")
    resolved = json.loads(compose("config", "--format=json", folder=bundle.root).stdout)["services"]
    assert set(resolved) == {
        "prometheus",
        "alertmanager",
        "jaeger",
        "grafana",
        "helloagents",
        "load",
        "sinks",
    }
    for service in resolved.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert {port["host_ip"] for port in service.get("ports", ())} <= {"127.0.0.1"}


def varied(plan: Plan, variant: str) -> Plan:
    """Return the plan without its demo, or with traces in memory."""
    if variant == "memory":
        return replace(plan, stack=replace(plan.stack, trace_storage="memory"))
    if variant == "no-demo":
        services = tuple(replace(service, is_demo=False) for service in plan.services)
        return replace(plan, stack=replace(plan.stack, demo=None), services=services)
    return plan
