"""Servers that speak Sentry's protocol: a small one that can be slow or refuse, and a real Bugsink."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from .tracing_servers import PATIENCE_SECONDS, free_ports, listens, wait_until


@dataclass
class Inbox:
    """What arrived, and how the server answers."""

    port: int = 0
    status: int = 200
    release: threading.Event = field(default_factory=threading.Event)
    events: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.port}/1"


@contextmanager
def envelope_server() -> Iterator[Inbox]:
    """Take envelopes on a free port until the block ends; clear `release` to make it silent."""
    inbox = Inbox()
    inbox.release.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            inbox.requests += 1
            inbox.release.wait(60)
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            if inbox.status == 200:
                inbox.events += events_of(body)
            self.send_response(inbox.status)
            if inbox.status == 429:
                self.send_header("retry-after", "60")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.release.set()
        server.shutdown()
        server.server_close()


def events_of(envelope: bytes) -> Iterator[dict[str, Any]]:
    """Read the events of an envelope: a header line, then for each item its header line and payload."""
    _, _, rest = envelope.partition(b"\n")
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        header = json.loads(line)
        if "length" in header:
            payload, rest = rest[: header["length"]], rest[header["length"] :].lstrip(b"\n")
        else:
            payload, _, rest = rest.partition(b"\n")
        if header["type"] == "event":
            yield json.loads(payload)


SEED = """
from projects.models import Project
from bsmain.models import AuthToken
project = Project.objects.create(name="shop")
token = AuthToken.objects.create(issues_read=True, events_read=True)
print("SEEDED", project.dsn, token.token)
"""
SEED_TOKEN = """
from bsmain.models import AuthToken
print("SEEDED", AuthToken.objects.create(issues_read=True, events_read=True).token)
"""


@dataclass(frozen=True)
class Bugsink:
    """A running Bugsink with one project."""

    url: str
    dsn: str
    token: str

    def events(self) -> list[dict[str, Any]]:
        """Return all events as they were stored."""
        issues = self._get("/issues/?project=1")["results"]
        found = [each for issue in issues for each in self._get(f"/events/?issue={issue['id']}")["results"]]
        return [self._get(f"/events/{each['id']}/") for each in found]

    def _get(self, path: str) -> Any:
        headers = {"authorization": f"Bearer {self.token}"}
        answer = httpx.get(f"{self.url}/api/canonical/0{path}", headers=headers, timeout=20, trust_env=False)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_bugsink(programs: Path, folder: Path) -> Iterator[Bugsink]:
    """Run Bugsink from the virtual environment's folder of programs, with its data in a folder of its own."""
    (port,) = free_ports(1)
    environ = {**os.environ, "PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "bugsink_conf"}

    def run(program: str, *arguments: str, text: str = "") -> str:
        command = [str(programs / program), *arguments]
        done = subprocess.run(
            command, cwd=folder, env=environ, input=text, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("bugsink-create-conf", "--template=local", f"--port={port}", "--host=127.0.0.1")
    run("bugsink-manage", "migrate")
    _, dsn, token = next(
        line for line in run("bugsink-manage", "shell", text=SEED).splitlines() if line.startswith("SEEDED")
    ).split()
    url = f"http://127.0.0.1:{port}"
    with (folder / "bugsink.log").open("ab") as log:
        command = [str(programs / "gunicorn"), "bugsink.wsgi", f"--bind=127.0.0.1:{port}", "--workers=1"]
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or listens(port), "Bugsink listens")
        assert process.poll() is None, (folder / "bugsink.log").read_text()[-3000:]
        yield Bugsink(url, dsn, token)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)
