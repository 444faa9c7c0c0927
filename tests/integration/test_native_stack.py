"""The real native stack: up, changed, killed, down, as a user meets it, on ports and in folders of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need_tool
from tests.loading import load_plan
from watchkeeper.local_http import get_json
from watchkeeper.pipeline import render_files
from watchkeeper.publish import publish
from watchkeeper.stack.native.native_stack import TOOLS, NativeStack
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.processes import end_processes, marked
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.state import State
from watchkeeper.toolchain import ensure

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).parents[2]
BUNDLED = REPOSITORY / "monitoring" / "SLO_DEFINITIONS.yml"
# The bundled promises, asked for every two seconds: the tests need not wait for a minute's round.
PROGRAMS = {"prometheus", "alertmanager", "jaeger", "front-page", "demo", "load", "sinks"}
HURRY = "  scrape_interval: 2s\n  evaluation_interval: 2s\n"


@dataclass(frozen=True)
class Site:
    """A folder with a spec of its own, and the commands run on it."""

    root: Path

    @property
    def spec(self) -> Path:
        return self.root / "monitoring" / "SLO_DEFINITIONS.yml"

    @property
    def state(self) -> State:
        return State((self.root / ".watchkeeper").resolve())

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "WATCHKEEPER_STATE"}
        return subprocess.run(
            [sys.executable, "-m", "watchkeeper", *command],
            cwd=self.root,
            env={**environment, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--mode", "native")

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Run the stack, and give what `up` said; afterwards nothing of it is left."""
        done = self.up()
        try:
            assert done.returncode == 0, done.stderr
            yield done.stdout
        finally:
            self.run("down", "--volumes")
            end_processes(self.state, term_seconds=0)

    def status(self) -> tuple[int, dict[str, Any]]:
        done = self.run("status", "--format", "json")
        return done.returncode, json.loads(done.stdout)

    def pids(self) -> dict[str, int]:
        return {part["name"]: part["pid"] for part in self.status()[1]["parts"]}

    def edit(self, old: str, new: str) -> None:
        text = self.spec.read_text(encoding="utf-8")
        assert old in text
        self.spec.write_text(text.replace(old, new), encoding="utf-8")


def site(root: Path, spec: str) -> Site:
    """Make a folder as users have it, with a spec on ports that nobody else uses."""
    (root / "monitoring").mkdir(parents=True)
    (root / "examples").symlink_to(REPOSITORY / "examples")
    free = free_ports()
    ports = "".join(f"    {name}: {port}\n" for name, port in asdict(free).items())
    made = Site(root)
    here = spec.rstrip().replace("localhost:9190", f"localhost:{free.front_page}")
    made.spec.write_text(f"{here}\n{HURRY}  ports:\n{ports}", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def tools() -> dict[str, Path]:
    """Return the real servers."""
    for name in TOOLS:
        need_tool(name)
    return {name: tool.path for name, tool in ensure(TOOLS).items()}


@pytest.fixture(scope="module")
def running(tools: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the bundled spec's stack, running; a folder with blanks and a percent sign is good enough for it."""
    made = site(tmp_path_factory.mktemp("native") / "my 100% shop", BUNDLED.read_text(encoding="utf-8"))
    with made.running() as said:
        assert "The stack is up after" in said
        yield made


@pytest.fixture
def empty(tools: dict[str, Path], tmp_path: Path) -> Iterator[Site]:
    """Give a folder with the bundled spec in which nothing runs yet."""
    made = site(tmp_path / "root", BUNDLED.read_text(encoding="utf-8"))
    yield made
    end_processes(made.state, term_seconds=0)


def ask(site: Site, query: str, *, at: float | None = None) -> list[dict[str, Any]]:
    """Return the result of an instant query to the site's Prometheus."""
    prometheus = site.status()[1]["urls"]["Prometheus"]
    moment = f"&time={at}" if at is not None else ""
    result: list[dict[str, Any]] = get_json(f"{prometheus}/api/v1/query?query={query}{moment}")["data"][
        "result"
    ]
    return result


def test_after_up_every_target_is_up_every_rule_ok_and_status_agrees(running: Site) -> None:
    code, seen = running.status()
    assert (code, seen["healthy"], seen["problems"]) == (0, True, [])
    assert {target["job"]: target["health"] for target in seen["targets"]} == {
        "helloagents": "ok",
        "prometheus": "ok",
        "alertmanager": "ok",
        "jaeger": "ok",
        "jaeger-spans": "ok",
    }
    # Tiles have their first turn within five minutes.
    assert {rule["health"] for rule in seen["rules"] if not rule["group"].endswith("-tiles")} == {"ok"}
    assert {rule["health"] for rule in seen["rules"]} <= {"ok", "waiting"}
    assert {"ServiceDown", "HighErrorRate"} <= {rule["name"] for rule in seen["rules"]}
    assert set(running.pids()) == PROGRAMS
    shown = running.run("status").stdout
    assert "All is well" in shown
    assert "\x1b" not in shown


def test_nothing_listens_beyond_the_loopback_address(running: Site) -> None:
    ours = {str(link) for process in marked(running.state) for link in sockets_of(process.pid)}
    listening = {
        fields[1].rpartition(":")[0]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path("/proc/net", table).read_text().splitlines()[1:])
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in ours
    }
    assert listening == {"0100007F"}


def sockets_of(pid: int) -> Iterator[Path]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            yield entry.readlink()


def test_secrets_that_are_missing_send_notifications_to_the_sinks_only(running: Site) -> None:
    folder = running.state.alertmanager
    assert (folder / "local/slack").stat().st_mode & 0o777 == 0o600
    assert "smtp.example.com" not in (folder / "alertmanager.yml").read_text()
    urls = running.status()[1]["urls"]
    config = get_json(f"{urls['Alertmanager']}/api/v2/status")["config"]["original"]
    assert f"{urls['Sinks']}pagerduty/v2/enqueue" in config
    assert running.status()[1]["receivers_on_local_sinks"] == ["pagerduty", "slack", "email"]


def test_a_drill_of_receivers_that_go_to_the_sinks_arrives_there_and_proves_none(running: Site) -> None:
    done = running.run("drill", "--receivers")
    assert done.returncode == 0, done.stderr
    assert "sending a message marked [DRILL] to the local sinks only" in done.stderr
    assert "accepted  slack: by the local sink, as its secret is missing" in done.stdout
    assert "proven: 0 of 3 receivers, firing and resolved" in done.stdout
    code, seen = running.status()
    assert (code, seen["healthy"]) == (0, True)
    assert {one["name"]: (one["state"], one["proven"]) for one in seen["receivers"]} == {
        "pagerduty": ("local sink", None),
        "slack": ("local sink", None),
        "email": ("local sink", None),
    }
    assert (
        "slack      local sink  never        critical, warning, info"
        in running.run("status", "--once").stdout
    )
    # The spec asks for drills: now the same receivers are problems.
    running.edit("notify:\n", "notify:\n  drill_every: 7d\n")
    try:
        code, seen = running.status()
    finally:
        running.edit("notify:\n  drill_every: 7d\n", "notify:\n")
    assert code == 1
    assert [one.partition(":")[0] for one in seen["problems"]] == [
        "receiver pagerduty", "receiver slack", "receiver email"
    ]  # fmt: skip


def test_a_second_up_changes_nothing(running: Site) -> None:
    before = running.pids()
    done = running.up()
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "The stack is already up, as processes on this machine; nothing changed.",
    )
    assert running.pids() == before


def test_an_edited_threshold_is_taken_up_by_prometheus_without_a_restart_and_data_is_kept(
    running: Site,
) -> None:
    before, then = running.pids(), time.time()
    assert ask(running, 'up{job="prometheus"}')
    running.edit("preset: error_ratio, above: 5%", "preset: error_ratio, above: 7%")
    done = running.up()
    assert done.returncode == 0, done.stderr
    assert (
        "up to date, as processes on this machine: reloaded prometheus, restarted front-page." in done.stdout
    )
    after = running.pids()
    assert {name for name in after if after[name] != before[name]} == {"front-page"}
    prometheus = running.status()[1]["urls"]["Prometheus"]
    groups = get_json(f"{prometheus}/api/v1/rules")["data"]["groups"]
    rules = {rule["name"]: rule["query"] for group in groups for rule in group["rules"]}
    assert re.search(r"0\.07\b", rules["HighErrorRate"])
    assert ask(running, 'up{job="prometheus"}', at=then)


def test_a_changed_threshold_of_latency_restarts_the_demo_which_loads_its_buckets(running: Site) -> None:
    before = running.pids()
    running.edit("quantile: 0.95, above: 500ms", "quantile: 0.95, above: 700ms")
    done = running.up()
    assert done.returncode == 0, done.stderr
    assert "reloaded prometheus, restarted demo, restarted front-page." in done.stdout
    after = running.pids()
    assert {name for name in after if after[name] != before[name]} == {"demo", "front-page"}


def test_a_broken_spec_touches_nothing(running: Site) -> None:
    before = running.pids()
    rendered = (running.root / "docker-compose.monitoring.yml").stat().st_mtime_ns
    text = running.spec.read_text(encoding="utf-8")
    running.edit("objective: 99.5%", "objective: 0.995")
    done = running.up()
    running.spec.write_text(text, encoding="utf-8")
    assert done.returncode == 2
    assert "WK201" in done.stderr
    assert "Traceback" not in done.stderr
    assert running.pids() == before
    assert (running.root / "docker-compose.monitoring.yml").stat().st_mtime_ns == rendered


def test_a_secret_that_appears_is_used_at_the_next_up(running: Site) -> None:
    secret = running.root / "monitoring/alertmanager/secrets/slack_webhook"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text("http://127.0.0.1:1/slack")
    try:
        done = running.up()
        assert "reloaded alertmanager." in done.stdout
        assert running.status()[1]["receivers_on_local_sinks"] == ["pagerduty", "email"]
        assert (running.state.alertmanager / "secrets/slack_webhook").resolve() == secret.resolve()
    finally:
        secret.unlink()
    assert "reloaded alertmanager." in running.up().stdout


def test_a_new_port_that_is_taken_leaves_the_running_stack_as_it_is(running: Site) -> None:
    before, text = running.pids(), running.spec.read_text(encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        running.spec.write_text(re.sub(r"(?m)^    demo: \d+$", f"    demo: {port}", text), encoding="utf-8")
        done = running.up()
    running.spec.write_text(text, encoding="utf-8")
    assert done.returncode == 2
    assert f"port {port} (the demo service) is taken by pid {os.getpid()}:" in done.stderr
    assert running.pids() == before
    assert running.up().returncode == 0


def test_a_program_that_crashes_comes_back_by_itself(running: Site) -> None:
    before = running.pids()["alertmanager"]
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while running.pids().get("alertmanager") in (before, 0) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running.pids()["alertmanager"] not in (before, 0)


def test_logs_are_at_hand(running: Site) -> None:
    done = running.run("logs", "prometheus", "-n", "500")
    assert done.returncode == 0
    assert "Server is ready to receive web requests" in done.stdout


def test_after_supervisord_was_killed_down_leaves_nothing_and_the_next_up_has_the_data(running: Site) -> None:
    then = time.time()
    assert ask(running, 'up{job="prometheus"}')
    os.kill(int((running.state.folder / "supervisord.pid").read_text()), signal.SIGKILL)
    time.sleep(0.5)
    code, seen = running.status()
    assert code == 1
    assert any("watchkeeper down" in problem for problem in seen["problems"])
    assert running.run("down").returncode == 0
    assert marked(running.state) == []
    assert running.run("status").returncode == 2
    assert running.run("down").stdout.startswith("nothing was running here")
    assert running.up().returncode == 0
    assert running.status()[0] == 0
    assert ask(running, 'up{job="prometheus"}', at=then)


def test_an_up_over_the_leftovers_of_a_killed_supervisord_works(running: Site) -> None:
    os.kill(int((running.state.folder / "supervisord.pid").read_text()), signal.SIGKILL)
    assert running.up().returncode == 0
    assert running.status()[0] == 0
    counted = [process.command for process in marked(running.state)]
    assert sum("bin/prometheus" in command for command in counted) == 1, counted


def test_busy_ports_are_all_named_at_once_and_nothing_starts(empty: Site) -> None:
    text = empty.spec.read_text(encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        busy = [one.getsockname()[1], two.getsockname()[1]]
        for name, port in zip(("prometheus", "otlp_grpc"), busy, strict=True):
            text = re.sub(rf"(?m)^    {name}: \d+$", f"    {name}: {port}", text)
        empty.spec.write_text(text, encoding="utf-8")
        done = empty.up()
    assert done.returncode == 2
    holder = f"is taken by pid {os.getpid()}: "
    assert f"port {busy[0]} (Prometheus) {holder}" in done.stderr
    assert f"port {busy[1]} (traces by OTLP/gRPC) {holder}" in done.stderr
    assert "Traceback" not in done.stderr
    assert marked(empty.state) == []


def test_a_service_of_the_users_that_is_down_does_not_stop_the_stack_from_coming_up(
    tools: dict[str, Path], tmp_path: Path
) -> None:
    port = free_ports().demo
    spec = f"version: watchkeeper/v1\nservice: checkout\ntargets: ['127.0.0.1:{port}']\nstack:\n"
    made = site(tmp_path / "root", spec)
    try:
        done = made.up()
        assert done.returncode == 0, done.stderr
        assert f"checkout: 127.0.0.1:{port} does not answer: " in done.stdout
        code, seen = made.status()
        assert code == 1
        assert [target["job"] for target in seen["targets"] if target["health"] != "ok"] == ["checkout"]
        assert {part["name"] for part in seen["parts"]} == {
            "prometheus",
            "alertmanager",
            "jaeger",
            "front-page",
        }
        down = made.run("down", "--volumes")
        assert down.returncode == 0
        assert not made.state.folder.exists()
        assert marked(made.state) == []
    finally:
        end_processes(made.state, term_seconds=0)


def test_a_server_that_dies_at_its_start_is_named_and_nothing_is_left(
    empty: Site, tools: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "jaeger"
    broken.write_text("#!/bin/sh\necho badger: no space left on device\nexit 1\n")
    broken.chmod(0o755)
    plan = load_plan(empty.spec)
    publish(render_files(plan), empty.root)
    stack = NativeStack(empty.root, state=empty.state, plan=plan, tools={**tools, "jaeger": broken})
    with pytest.raises(StackFailed) as caught:
        stack.start()
    lines = str(caught.value).splitlines()
    assert lines[0] == "jaeger does not stay up; its last lines:"
    assert lines[-2] == "  badger: no space left on device"
    assert lines[-1] == f"the whole log: {empty.state.log('jaeger')}"
    assert marked(empty.state) == []


def test_programs_of_a_private_stack_are_stopped_killed_and_started_by_name(
    empty: Site, tools: dict[str, Path]
) -> None:
    plan = load_plan(empty.spec)
    publish(render_files(plan), empty.root)
    stack = NativeStack(empty.root, state=empty.state, plan=plan, tools=tools, demo_home=REPOSITORY)
    stack.start()
    try:
        stack.stop_program("demo")
        assert stack.supervisor.programs()["demo"].state == "STOPPED"
        stack.start_program("demo")
        first = stack.supervisor.programs()["demo"]
        assert first.state == "RUNNING"
        stack.kill_program("demo")
        deadline = time.monotonic() + 30
        while (now := stack.supervisor.programs()["demo"]).pid in (
            first.pid,
            0,
        ) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert now.pid not in (first.pid, 0)
    finally:
        stack.stop()
    assert marked(empty.state) == []
