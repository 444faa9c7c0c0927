"""The deployment guide, followed in an empty folder: every block of its sections 2 to 6, as a new user types it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.conftest import need_tool
from watchkeeper.spec.read import read_spec
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.processes import end_processes
from watchkeeper.stack.state import State

pytestmark = pytest.mark.integration
PAGE = Path(__file__).parents[2] / "docs/MONITORING_DEPLOYMENT_GUIDE.md"
_SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
_SLACK = "https://hooks.slack.com/services/YOUR/SECRET/ADDRESS"
# tests/install has them.
_INSTALLED = ("python3 -m venv", ".venv/bin/pip install", "export PATH=")
# The service of the new user does not run yet, and this machine may lack cores.
_MAY_FIND = ("watchkeeper status --once", "watchkeeper preflight")


def blocks(language: str, *, of: range = range(1, 13)) -> list[str]:
    text = "".join(_SECTIONS[number] for number in of)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def channel() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a channel, and the titles of what it got."""
    got: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(json.loads(body)["attachments"][0]["title"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/services/T/B/one", got
    server.shutdown()


def test_the_sections_of_the_guide_leave_nothing_to_guess_in_an_empty_folder(
    tmp_path: Path, channel: tuple[str, list[str]]
) -> None:
    for tool in ("prometheus", "promtool", "alertmanager", "amtool", "jaeger"):
        need_tool(tool)
    address, got = channel
    # No Docker engine: the stack runs as processes.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("WATCHKEEPER_STATE")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{bare['PATH']}"
    environment = {**bare, "PATH": path, "DOCKER_HOST": "unix:///nowhere", "NO_COLOR": "1"}
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) > 13
    try:
        for command in commands:
            if command.startswith(_INSTALLED):
                continue
            typed = command.replace(_SLACK, address)
            done = subprocess.run(
                typed, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
            )
            allowed = (0, 1) if command in _MAY_FIND else (0,)
            assert done.returncode in allowed, f"{command}: {done.stdout}{done.stderr}"
            if command.startswith("watchkeeper init"):
                _on_free_ports(tmp_path / "monitoring/SLO_DEFINITIONS.yml")
            if command == "watchkeeper status --once":
                # Nothing else is wrong than that the service is not there.
                assert re.search(
                    r"^1 problem:\n  target checkout localhost:8000: ", done.stdout, re.MULTILINE
                )
    finally:
        subprocess.run(
            ["watchkeeper", "down", "--volumes"], cwd=tmp_path, env=environment, capture_output=True
        )
        end_processes(State((tmp_path / ".watchkeeper").resolve()), term_seconds=0)
    assert [title for title in got if title.startswith("[DRILL]")]


def _on_free_ports(spec: Path) -> None:
    # Not the intervals: with seconds instead of the defaults the proofs of `verify` would have 15 times the samples.
    ports = "".join(f"    {name}: {port}\n" for name, port in asdict(free_ports()).items())
    spec.write_text(f"{spec.read_text(encoding='utf-8').rstrip()}\nstack:\n  ports:\n{ports}")


def test_every_spec_of_the_guide_is_right(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    shared = "service: checkout\ntargets: ['checkout:8000']\nalerts: [{preset: service_down, for: 2m}]\n"
    (tmp_path / "shared/checkout.yml").write_text(shared)
    found = [(f"spec{number}", text) for number, text in enumerate(blocks("yaml"))]
    (folders,) = blocks("text")
    found += [tuple(re.split(r"/\S+\s+", line, maxsplit=1)) for line in folders.splitlines()]  # type: ignore[misc]
    assert len(found) == 4
    for name, text in found:
        given = re.sub(r"\s{2,}include:", "\ninclude:", text)
        spec = tmp_path / name / "monitoring/SLO_DEFINITIONS.yml"
        spec.parent.mkdir(parents=True)
        service = "" if "include" in given else "include: [../../shared/checkout.yml]\n"
        spec.write_text(f"version: watchkeeper/v1\n{service}{given}\n")
        assert yaml.safe_load(given)
        assert read_spec(spec)[0].services[0].name == "checkout"
