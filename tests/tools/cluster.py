"""Processes of another monitoring system, each with a log, and an Alertmanager whose notifications are received."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conftest import need_tool
from tests.loading import load_plan
from tests.truth.server import free_port
from watchkeeper.local_http import NoAnswer
from watchkeeper.pipeline import render_files

PATIENCE = 60.0


@contextmanager
def sink() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield an address and what it received."""
    received: list[dict[str, Any]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", received
    finally:
        server.shutdown()
        server.server_close()


class Cluster:
    """The processes by their names, each with a log."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, dict[str, subprocess.Popen[bytes]]()

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def kill(self, *names: str) -> None:
        for name in names:
            self.processes[name].kill()
            self.processes[name].wait()

    def stop(self) -> None:
        self.kill(*self.processes)

    def wait(self, what: str, holds: Callable[[], Any], patience: float = PATIENCE) -> None:
        until = time.monotonic() + patience
        while True:
            try:
                if holds():
                    return
            except NoAnswer:
                pass
            assert time.monotonic() < until, f"{what}: {self._logs()}"
            time.sleep(0.2)

    def _logs(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text()[-1_500:]}" for path in self.folder.glob("*.log"))


def alertmanager(cluster: Cluster, spec: str, url: str) -> str:
    """Start an Alertmanager with the routes of a spec, whose receiver has the address; return where it listens."""
    (cluster.folder / "url").write_text(url)
    (cluster.folder / "spec.yml").write_text(spec.replace("URL", str(cluster.folder / "url")))
    files = render_files(load_plan(cluster.folder / "spec.yml"))
    config = files["monitoring/alertmanager/alertmanager.yml"].replace("group_wait: 30s", "group_wait: 1s")
    (cluster.folder / "alertmanager.yml").write_text(
        config.replace("group_interval: 5m", "group_interval: 1s")
    )
    port = free_port()
    cluster.start(
        "alertmanager", need_tool("alertmanager"), "--config.file=alertmanager.yml", f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=", f"--storage.path={cluster.folder / 'am'}",
    )  # fmt: skip
    return f"127.0.0.1:{port}"


def alerts(received: list[dict[str, Any]], status: str, name: str = "Failing") -> list[dict[str, Any]]:
    """Return the notifications about an alert with that status."""
    about = [one for one in received if one["commonLabels"]["alertname"] == name]
    return [one for one in about if one["status"] == status]
