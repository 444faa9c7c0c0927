"""A drill on a stack of its own or a running one: the page arrives, resolves, and nobody else is told."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

import pytest

from tests.conftest import need_tool
from watchkeeper.cli import main
from watchkeeper.sinks.sink_client import SinkClient
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.processes import end_processes, stack_of
from watchkeeper.stack.state import State

REPOSITORY = Path(__file__).parents[2]
SPEC = str(REPOSITORY / "monitoring" / "SLO_DEFINITIONS.yml")


@pytest.mark.integration
@pytest.mark.parametrize("alert", ["ServiceDown", "HighErrorRate"])
def test_a_critical_page_arrives_and_resolves_on_pagerduty_and_slack_only(
    alert: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _need_servers()
    assert main(["drill", SPEC, "--alert", alert, "--fast", "--format", "json"]) == 0
    captured = capsys.readouterr()
    outcome = json.loads(captured.out)
    words = [step["words"] for step in outcome["steps"]]
    assert [word.split(": ")[:2] for word in words if word.startswith(("pagerduty", "slack"))] == [
        ["pagerduty", "firing"],
        ["slack", "firing"],
        ["pagerduty", "resolved"],
        ["slack", "resolved"],
    ]
    assert words[-1] == "nothing on any other channel"
    seconds = [
        step["seconds"] for step in outcome["steps"] if not step["words"].startswith(("pagerduty", "slack"))
    ]
    assert seconds == sorted(seconds)


@pytest.mark.integration
def test_alerts_on_real_memory_the_sandbox_pool_and_a_taken_name_fire_and_resolve_in_two_rounds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _need_servers()
    names = ["HighMemoryUsage", "SandboxPoolDepleted", "MetricConflict"]
    only = [word for name in names for word in ("--only", name)]
    assert main(["drill", SPEC, "--all", "--fast", *only, "--format", "json"]) == 0
    captured = capsys.readouterr()
    outcome = json.loads(captured.out)
    assert [one["alert"] for one in outcome["alerts"]] == names
    for one in outcome["alerts"]:
        assert one["pending"] < one["firing"] < one["fault_removed"] < one["resolved"]
        assert abs(one["firing"] - one["predicted"]) <= one["allowed"]
        assert set(one["notified"]) == set(one["resolved_notified"]) == {"slack", "email"}
    assert "round 2 of 2" in captured.err


@pytest.mark.integration
def test_a_drill_of_all_alerts_that_is_ended_leaves_no_process_and_no_folder(short: Path) -> None:
    _need_servers()
    with _drilling(short, SPEC, "--all", "--fast", "--only", "SandboxPoolDepleted") as process:
        _line_with("round 1 of 1", process.stderr)
        assert _left(short) != []
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
        assert process.returncode == 128 + signal.SIGINT
        assert _left(short) == []
        assert list(short.glob("watchkeeper-drill-*")) == []
        assert "passed" not in out


@pytest.mark.integration
def test_an_unknown_alert_is_refused_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", SPEC, "--alert", "Nothing"]) == 2
    assert "drills exist for: ServiceDown" in capsys.readouterr().err


def _need_servers() -> None:
    for tool in ("prometheus", "alertmanager", "jaeger"):
        need_tool(tool)


@pytest.fixture
def short() -> Iterator[Path]:
    """Give a folder with a short name: in pytest's own, the path of the stack's socket is longer than a path may be."""
    with tempfile.TemporaryDirectory(prefix="wk-") as name:
        yield Path(name).resolve()


@contextlib.contextmanager
def _drilling(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the command with a folder of its own for temporary files; what it leaves behind is ended after all."""
    environment = {name: value for name, value in os.environ.items() if name != "WATCHKEEPER_STATE"}
    with subprocess.Popen(
        [sys.executable, "-m", "watchkeeper", "drill", *arguments],
        env={**environment, "TMPDIR": str(folder), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            for name in {name for pid in _left(folder) if (name := stack_of(pid))}:
                end_processes(State(Path(name)), term_seconds=0)


def _left(folder: Path) -> list[int]:
    """Return the processes of stacks below the folder."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if (stack_of(pid) or "").startswith(f"{folder}/")]


def _line_with(words: str, stream: IO[str] | None) -> str:
    assert stream is not None
    return next(line for line in stream if words in line)


@pytest.mark.integration
def test_a_channel_that_refuses_every_message_fails_the_drill_and_the_fault_is_removed(short: Path) -> None:
    _need_servers()
    with _drilling(short, SPEC, "--fast") as process:
        said = _line_with("its notifications go to ", process.stderr)
        SinkClient(said.rpartition(" ")[2].strip()).set_mode({"slack": "500"})
        out, err = process.communicate()
        assert process.returncode == 1, err
        lines = [line.partition(" s  ")[2] for line in out.splitlines()]
        wrong = [line for line in lines if line.startswith("WRONG: ")]
        assert [line.partition(" within")[0] for line in wrong] == ["WRONG: slack: firing: not delivered"]
        assert "pagerduty: firing: helloagents is down: No target of helloagents answers." in lines
        assert "fault removed" in lines
        assert out.splitlines()[-1] == "FAILED: ServiceDown"
        assert _left(short) == []


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_drill_that_is_ended_leaves_no_process_and_no_folder(number: signal.Signals, short: Path) -> None:
    _need_servers()
    with _drilling(short, SPEC, "--fast") as process:
        _line_with("fault: ", process.stdout)
        assert _left(short) != []
        process.send_signal(number)
        out, _ = process.communicate()
        assert process.returncode == 128 + number
        assert _left(short) == []
        assert list(short.glob("watchkeeper-drill-*")) == []
        assert "passed" not in out


@pytest.mark.integration
def test_where_no_stack_runs_the_drill_says_so_and_starts_a_private_one(short: Path) -> None:
    _need_servers()
    with _drilling(short, SPEC, "--state", str(short / "none")) as process:
        _line_with(f"no stack of this spec runs as processes in {short}/none", process.stderr)
        _line_with("starting a private stack for this drill ...", process.stderr)
        process.terminate()
        process.communicate()
        assert process.returncode == 128 + signal.SIGTERM
        assert _left(short) == []


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[str, State]]:
    """Give a spec with short times, and the state folder that its stack runs in."""
    _need_servers()
    (tmp_path / "monitoring").mkdir()
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    ports = "".join(f"    {name}: {port}\n" for name, port in asdict(free_ports()).items())
    text = Path(SPEC).read_text(encoding="utf-8").replace("service_down, for: 2m", "service_down, for: 6s")
    hurry = "  scrape_interval: 2s\n  evaluation_interval: 2s\n"
    spec, state = tmp_path / "monitoring" / "SLO_DEFINITIONS.yml", State((tmp_path / "kept").resolve())
    spec.write_text(f"{text.rstrip()}\n{hurry}  ports:\n{ports}", encoding="utf-8")
    try:
        assert main(["up", str(spec), "--mode", "native", "--state", str(state.folder)]) == 0
        yield str(spec), state
    finally:
        Supervisor(state).shutdown()
        end_processes(state, term_seconds=0)


@pytest.mark.integration
def test_a_running_stack_is_drilled_where_it_keeps_its_state_and_repaired_when_the_drill_is_ended(
    running: tuple[str, State], tmp_path: Path
) -> None:
    spec, state = running
    with _drilling(tmp_path / "unused", spec, "--state", str(state.folder)) as process:
        _line_with("drill on the running stack", process.stderr)
        _line_with("fault: the demo's process is stopped", process.stdout)
        process.terminate()
        out, _ = process.communicate()
        assert process.returncode == 128 + signal.SIGTERM
        assert out.splitlines()[-1].endswith("fault removed")
        assert Supervisor(state).programs()["demo"].runs
    with _drilling(tmp_path / "unused", spec, "--state", str(state.folder)) as process:
        out, err = process.communicate()
        assert (process.returncode, out.splitlines()[-1]) == (0, "passed: ServiceDown"), err
    assert "slack: resolved: [RESOLVED] ServiceDown helloagents" in out
    programs = Supervisor(state).programs()
    # The one that `up --with sentry` alone would start.
    assert {name for name, program in programs.items() if not program.runs} == {"sentry"}
