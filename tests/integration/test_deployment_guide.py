"""The deployment guide, followed in an empty folder: every block of its sections 2 to 6, as a new user types it."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.certificates import Authority
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
_NAME = "monitoring.example.com"
# Another address of this machine, on which the proxy has the same ports as the stack.
_PROXY = "127.0.0.2"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
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
                assert re.search(r"^1 problem:\n  target checkout localhost:\d+: ", done.stdout, re.MULTILINE)
        if nginx := shutil.which("nginx"):
            _through_nginx(nginx, tmp_path)
    finally:
        subprocess.run(
            ["watchkeeper", "down", "--volumes"], cwd=tmp_path, env=environment, capture_output=True
        )
        end_processes(State((tmp_path / ".watchkeeper").resolve()), term_seconds=0)
    assert [title for title in got if title.startswith("[DRILL]")]


def _on_free_ports(spec: Path) -> None:
    # Not the intervals: with seconds instead of the defaults the proofs of `verify` would have 15 times the samples.
    free, (proxy,) = free_ports(), blocks("yaml", of=range(7, 8))
    ports = "".join(f"    {name}: {port}\n" for name, port in asdict(free).items())
    # Nor a service of this machine's own.
    text = spec.read_text(encoding="utf-8").replace("localhost:8000", f"localhost:{free.demo}")
    spec.write_text(f"{text.rstrip()}\n{proxy}  ports:\n{ports}")


def _through_nginx(nginx: str, root: Path) -> None:
    """Ask the servers of the running stack through those of section 7, on the same ports of another address."""
    folder, authority = root / "nginx", Authority(root / "authority")
    folder.mkdir()
    folder.chmod(0o755)
    pair = authority.pair("monitoring", _NAME)
    hashed = subprocess.run(["openssl", "passwd", "-6", "wonderland"], capture_output=True, text=True).stdout
    (folder / "monitoring.users").write_text(f"alice:{hashed}")
    (given,) = blocks("nginx")
    ports = yaml.safe_load((root / "monitoring/SLO_DEFINITIONS.yml").read_text())["stack"]["ports"]
    servers = {name: ports[name] for name in ("prometheus", "alertmanager", "front_page", "jaeger")}
    own = {"192.0.2.10": _PROXY, "/etc/ssl/monitoring.crt": str(pair.certificate), "/etc/nginx": str(folder)}
    own["/etc/ssl/monitoring.key"] = str(pair.key)
    for theirs, ours in own.items():
        assert theirs in given
        given = given.replace(theirs, ours)
    text = "".join(given.replace("9090", str(port)) for port in servers.values())
    paths = "".join(f"{name}_temp_path {folder};" for name in _TEMPORARY)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; user {_user()};\n"
        f"events {{}} http {{ access_log off; {paths}\n{text} }}\n"
    )
    command = [nginx, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as running:
        try:
            for port in servers.values():
                assert _asked(authority.file, f"https://{_NAME}:{port}/")[0] == 401
                assert _asked(authority.file, f"https://{_NAME}:{port}/", "--user", "alice:no")[0] == 401
                status, to = _asked(authority.file, f"http://{_NAME}:{port}/graph?a=b")
                assert (status, to) == (301, f"https://{_NAME}:{port}/graph?a=b")
            let_in = ("--user", "alice:wonderland")
            for name, path in (
                ("prometheus", "/-/ready"),
                ("alertmanager", "/-/ready"),
                ("front_page", "/"),
                ("jaeger", "/api/services"),
            ):
                assert _asked(authority.file, f"https://{_NAME}:{servers[name]}{path}", *let_in)[0] == 200
        finally:
            running.terminate()


def _user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _asked(authority: Path, url: str, *more: str) -> tuple[int, str]:
    """Return the status and the address of a redirection that curl sees at the proxy; tries until it listens."""
    port = url.split(":")[2].partition("/")[0]
    command = ["curl", "--silent", "--cacert", str(authority), "--retry", "20", "--retry-connrefused"]
    command += ["--retry-delay", "1", "--resolve", f"{_NAME}:{port}:{_PROXY}", "--output", os.devnull]
    done = subprocess.run(
        [*command, "--write-out", "%{http_code} %{redirect_url}", *more, url], capture_output=True, text=True
    )
    status, _, to = done.stdout.partition(" ")
    return int(status), to


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
