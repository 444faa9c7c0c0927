"""The command on this machine, with a Docker that a script plays, and ports and registries that really answer."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.backup.made_backups import SPEC, spec_in
from watchkeeper.cli import main
from watchkeeper.preflight.engine_lines import Engine, ask_engine, engine_line, images_lines
from watchkeeper.preflight.stack_lines import port_lines
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.ports.wanted_ports import WantedPort
from watchkeeper.stack.state import State


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file that says what `docker info` answers; images whose name contains `here` are here."""
    folder = tmp_path / "bin"
    folder.mkdir()
    answer = folder / "info.json"
    script = f"""#!/bin/sh
case "$1" in
  info) cat "{answer}" ;;
  image) case "$5" in *here*) echo id ;; *) exit 1 ;; esac ;;
  *) exit 1 ;;
esac
"""
    (folder / "docker").write_text(script)
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return answer


@pytest.fixture
def registry() -> Iterator[str]:
    """Give the address of a registry that asks for a password, as Docker's does."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401 if self.path == "/v2/" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def info(**more: Any) -> str:
    now = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime())
    return json.dumps({"ServerVersion": "28.1.1", "DockerRootDir": "/", "SystemTime": now} | more)


def engine(registry: str = "", *, has_proxy: bool = False) -> Engine:
    return Engine("28.1", "/", registry, has_proxy, 0.0)


def test_the_engine_its_age_and_its_clock(docker: Path) -> None:
    assert ask_engine() is None
    assert engine_line(None).remedy.endswith("watchkeeper up --mode native")
    docker.write_text(info())
    found = ask_engine()
    assert found is not None
    assert engine_line(found).found == "Docker 28.1.1"
    assert abs(found.ahead) < 2
    docker.write_text(info(ServerVersion="19.03.15", SystemTime="2020-01-01T00:00:00Z"))
    old = ask_engine()
    assert old is not None
    assert engine_line(old).state == "warn"
    assert old.ahead < -1e7
    for text in ("", "{", "[]", '{"ServerVersion": ""}'):
        docker.write_text(text)
        assert ask_engine() is None


def test_a_registry_is_asked_only_for_missing_images(registry: str) -> None:
    lines, clocks = images_lines(["a/here:1", "here:2"], engine(registry="https://192.0.2.1/"))
    assert [(line.state, line.found) for line in lines] == [("ok", "all 2 are here"), ("ok", "not needed")]
    assert clocks == []
    lines, clocks = images_lines(["here:1", f"{registry}/team/absent:1"], engine())
    assert [line.state for line in lines] == ["warn", "ok"]
    assert lines[0].found == f"1 of 2 are missing: {registry}/team/absent:1"
    assert lines[1].found == f"{registry} answers"
    assert abs(clocks[0][1]) < 3
    lines, _ = images_lines(["127.0.0.1:1/absent:1"], engine())
    assert (lines[1].state, lines[1].found[:30]) == ("fail", "127.0.0.1:1 does not answer: [")
    lines, _ = images_lines(["absent:1"], engine(registry="https://192.0.2.1/v1/", has_proxy=True))
    assert lines[1].found == "192.0.2.1: the engine has a proxy, so it is not asked from here"


def test_a_port_names_who_has_it_unless_it_is_this_stack(tmp_path: Path) -> None:
    free = free_ports().prometheus
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wanted = [WantedPort(port, "Prometheus"), WantedPort(free, "Alertmanager")]
        (line,) = port_lines(wanted, State(tmp_path), running=False)
    assert line.state == "fail"
    assert line.found.startswith(f"port {port} (Prometheus) is taken by pid ")
    (line,) = port_lines(wanted, State(tmp_path), running=False)
    assert line.found == "all 2 are usable"


def test_the_whole_table(docker: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ports = free_ports()
    stack = f"stack: {{ports: {{prometheus: {ports.prometheus}, jaeger: {ports.jaeger}}}}}\n"
    routes = "{critical: [audit], warning: [audit], info: [audit]}"
    notify = f"notify: {{receivers: {{audit: {{type: webhook, url_file: secrets/u}}}}, routes: {routes}}}\n"
    spec = spec_in(tmp_path, SPEC + notify + stack)
    words = ["preflight", str(spec), "--target", "native", "--format", "json"]
    code = main(words)
    document = json.loads(capsys.readouterr().out)
    found = {line["check"]: line for line in document["checks"]}
    assert list(found)[-3:] == ["disk", "retention", "clock"]
    assert set(found) >= {
        "programs",
        "ports",
        "cores",
        "memory",
        "open files",
        "inotify",
        "SELinux",
        "secrets",
    }
    assert (code == 0) == document["ready"] == all(each["state"] != "fail" for each in found.values())
    assert found["secrets"]["found"] == "monitoring/alertmanager/secrets/u does not exist"
    assert all(each["remedy"] for each in found.values() if each["state"] != "ok")
    assert main(["preflight", str(spec), "--target", "compose"]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["engine", "fail", "no", "Docker", "engine", "answers"]
    assert shown[1].strip() == "→ start or install Docker, or use: watchkeeper up --mode native"
    assert " checks fail for compose" in shown[-1]


def test_a_spec_with_problems_is_unusable_input(tmp_path: Path) -> None:
    assert main(["preflight", str(spec_in(tmp_path, "version: watchkeeper/v1\nnonsense: 1\n"))]) == 2
