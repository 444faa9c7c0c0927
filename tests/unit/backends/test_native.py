"""The native stack's process file: reviewed once as a whole, and read by supervisord's own parser."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from supervisor.options import ServerOptions

from tests.loading import load_plan
from watchkeeper.backends import native
from watchkeeper.model.stack import Ports
from watchkeeper.plan.plan import Plan

SPEC = "version: watchkeeper/v1\nservice: checkout\ntargets: ['checkout:8000']\n"
DEMO = SPEC + "stack: {demo: checkout}\n"


def plan_of(folder: Path, spec: str) -> Plan:
    path = folder / "spec.yml"
    path.write_text(spec, encoding="utf-8")
    return load_plan(path)


def text_of(folder: Path, spec: str) -> str:
    return native.render(plan_of(folder, spec))["monitoring/native/supervisord.conf"]


def parsed(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch, state: Path) -> dict[str, Any]:
    """Return the programs as supervisord understands them, with these folders in its environment."""
    (state / "logs").mkdir(parents=True)
    monkeypatch.chdir(state)
    for name in ("STACK", "ROOT", "DEMO_HOME", "SOCKET", "PYTHON", "SPEC"):
        monkeypatch.setenv(
            f"WATCHKEEPER_{name}", str(state / name.lower()) if name != "STACK" else str(state)
        )
    monkeypatch.setenv("WATCHKEEPER_FRONT_PAGE", "false")
    monkeypatch.setenv("WATCHKEEPER_WITH_SENTRY", "false")
    monkeypatch.setenv("WATCHKEEPER_BUGSINK_PROGRAMS", str(state / "bugsink"))
    file = folder / "supervisord.conf"
    file.write_text(text, encoding="utf-8")
    options = ServerOptions()
    options.realize(["-c", str(file)])
    return {group.name: group.process_configs[0] for group in options.process_group_configs}


def test_the_process_file_is_what_was_reviewed(tmp_path: Path) -> None:
    golden = Path(__file__).with_name("native_supervisord.conf").read_text(encoding="utf-8")
    assert text_of(tmp_path, DEMO) == golden


def test_a_stack_without_the_demo_has_sinks_that_wait_until_they_are_needed(tmp_path: Path) -> None:
    text = text_of(tmp_path, SPEC)
    assert re.findall(r"^\[program:(.*)\]$", text, re.MULTILINE) == [
        "prometheus",
        "alertmanager",
        "jaeger",
        "sinks",
        "front-page",
        "sentry",
    ]
    assert text.count("autostart=false") == 1
    assert "autostart=false" in text.partition("[program:sinks]")[2].partition("[program:")[0]


def test_no_path_of_this_machine_stands_in_the_file(tmp_path: Path) -> None:
    assert re.findall(r"[\"=\s](/[^\s\"]*)", text_of(tmp_path, DEMO)) == []


def test_folders_with_blanks_and_percent_signs_reach_the_programs_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "my 100% stack; really"
    programs = parsed(tmp_path, text_of(tmp_path, DEMO), monkeypatch, state)
    prometheus = shlex.split(programs["prometheus"].command)
    assert prometheus[0] == f"{state}/bin/prometheus"
    assert f"--config.file={state}/prometheus/prometheus.yml" in prometheus
    assert f"--storage.tsdb.path={state}/data/prometheus" in prometheus
    assert programs["prometheus"].stdout_logfile == "logs/prometheus.log"
    assert programs["jaeger"].environment["JAEGER_STORAGE_DIR"] == f"{state}/data/jaeger"
    assert programs["demo"].directory == f"{state}/demo_home"
    assert f"--spec={state}/spec" in shlex.split(programs["front-page"].command)
    assert shlex.split(programs["sentry"].command)[0] == f"{state}/bugsink/gunicorn"
    assert programs["sentry"].environment["PYTHONPATH"] == f"{state}/data/sentry"
    # A drill's stack does without: it says so in the environment.
    waiting = {name for name, program in programs.items() if not program.autostart}
    assert waiting == {"front-page", "sentry"}


def test_every_program_listens_on_the_loopback_address_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = parsed(tmp_path, text_of(tmp_path, DEMO), monkeypatch, tmp_path / "state")
    flags = {
        flag
        for program in programs.values()
        for flag in shlex.split(program.command)
        if re.match(r"--(web\.listen-address|http|smtp|host|bind|cluster)", flag)
    }
    assert flags == {
        "--web.listen-address=127.0.0.1:9090",
        "--web.listen-address=127.0.0.1:9093",
        "--cluster.listen-address=",
        "--http=127.0.0.1:9199",
        "--http=127.0.0.1:9190",
        "--smtp=127.0.0.1:1025",
        "--host=127.0.0.1",
        "--bind=127.0.0.1:9191",
    }
    assert programs["jaeger"].environment["JAEGER_LISTEN_HOST"] == "127.0.0.1"


def test_ports_of_the_plan_are_the_ports_of_the_programs(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, DEMO)
    ports = Ports(**{field.name: 30_001 + number for number, field in enumerate(fields(Ports))})
    text = native.render(replace(plan, stack=replace(plan.stack, ports=ports)))[native.PATH]
    found = {int(port) for port in re.findall(r"[:=\"](\d{5})\b", text)}
    # Grafana's 30003 among them: here it is one of Jaeger's lesser ports.
    assert found == set(range(30_001, 30_015))


def test_an_outside_name_of_the_stack_stands_in_its_links(tmp_path: Path) -> None:
    text = text_of(tmp_path, SPEC + "stack: {external_host: watch.example.com}\n")
    assert "--web.external-url=http://watch.example.com:9090" in text
    assert "--web.external-url=http://watch.example.com:9093" in text
