"""Alertmanager alone in a container, as the Compose file runs it, by the Docker SDK."""

from __future__ import annotations

from dataclasses import replace

import docker
import pytest

from tests.loading import load_plan
from watchkeeper.model.notify import Mute
from watchkeeper.model.position import Position
from watchkeeper.plan.plan import Plan

from .bundle import SPEC, Bundle, render_bundle
from .single import run_single, url
from .waiting import get_json

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]


def test_alertmanager_runs_the_rendered_configuration_in_strict_mode(
    engine: docker.DockerClient, images: dict[str, str], bundle: Bundle
) -> None:
    with run_single(engine, images["ALERTMANAGER_IMAGE"], bundle, "alertmanager", ports=(9093,)) as container:
        status = get_json(f"{url(container, 9093)}/api/v2/status")
        receivers = [each["name"] for each in get_json(f"{url(container, 9093)}/api/v2/receivers")]
        log = container.logs().decode()
    assert status["cluster"]["status"] == "disabled"
    own = [name for name in receivers if not name.startswith("drill-")]
    assert own == ["unrouted", "critical", "warning", "info", "watchdog"]
    assert "UTF-8 strict mode enabled" in log


def test_a_mute_window_in_a_time_zone_is_accepted_inside_the_container(
    engine: docker.DockerClient, images: dict[str, str], bundle: Bundle
) -> None:
    muted = render_bundle(bundle.root, plan=with_mute(load_plan(SPEC), location="Europe/London"))
    assert "Europe/London" in (muted.folder("alertmanager") / "alertmanager.yml").read_text(encoding="utf-8")
    with run_single(engine, images["ALERTMANAGER_IMAGE"], muted, "alertmanager", ports=()) as container:
        checked = container.exec_run(["/bin/amtool", "check-config", "/etc/alertmanager/alertmanager.yml"])
    assert checked.exit_code == 0, checked.output


def with_mute(plan: Plan, *, location: str) -> Plan:
    """Return the plan with a mute window for warnings."""
    mute = Mute(
        name="nights",
        severities=("warning",),
        weekdays=("monday:friday",),
        times=(("00:00", "07:00"),),
        location=location,
        where=Position("spec.yml"),
    )
    routes = tuple(
        replace(route, mutes=("nights",)) if route.severity == "warning" else route
        for route in plan.routing.routes
    )
    return replace(plan, routing=replace(plan.routing, routes=routes, mutes=(mute,)))
