"""A real Prometheus with the rules under test, and a service for it whose every request is known."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.truth.counters import SERVICE
from tests.truth.rendered import Rules

_PATIENCE = 60


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Counting:
    """The counters of a service, by status code; they have lived, so they do not begin at zero."""

    values: dict[str, int] = field(default_factory=lambda: {"200": 1_000_000, "503": 1_000_000})

    def add(self, code: str, count: int) -> None:
        """Count so many requests at once."""
        self.values[code] += count

    def exposed(self) -> str:
        """Return the counters in the text format."""
        labels = 'handler="/",method="GET",status_code='
        rows = (f'http_requests_total{{{labels}"{code}"}} {value}\n' for code, value in self.values.items())
        return "# TYPE http_requests_total counter\n" + "".join(rows)


@contextmanager
def serving(counting: Counting) -> Iterator[int]:
    """Expose counters on a port for as long as the block runs."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(counting.exposed().encode())

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Prometheus:
    """A Prometheus that can be killed and started again on the same data."""

    binary: str
    folder: Path
    rules: Rules
    target: int
    interval: int
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers queries."""
        config = self.folder / "prometheus.yml"
        config.write_text(yaml.safe_dump(self._config()))
        command = [
            self.binary,
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        with (self.folder / "prometheus.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait_until_ready()

    def kill(self) -> None:
        """End it without a chance to write anything."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def value(self, query: str, at: float) -> float:
        """Return the only value of an instant query, 0 where it has none."""
        parameters = urlencode({"query": query, "time": at})
        with urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{parameters}", timeout=10) as answer:
            found = json.load(answer)["data"]["result"]
        return float(found[0]["value"][1]) if found else 0.0

    def _config(self) -> dict[str, object]:
        static = {"targets": [f"127.0.0.1:{self.target}"], "labels": {"service": SERVICE}}
        every = f"{self.interval}s"
        return {
            "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
            "rule_files": [str(self.rules.path)],
            "scrape_configs": [{"job_name": SERVICE, "static_configs": [static]}],
        }

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _PATIENCE
        while not self._is_ready():
            assert time.monotonic() < until, (self.folder / "prometheus.log").read_text()
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2):
                return True
        except OSError:
            return False
