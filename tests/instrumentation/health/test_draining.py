"""SIGTERM loses no request: readiness fails first, the server ends when the load balancer has seen it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from .health_support import until

ROOT = Path(__file__).parents[3]
pytest.importorskip("uvicorn")


def asked(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return asked(port, "/health") == 200
    except OSError:
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.instrumentation.health.drained_service:app",
        "--port",
        str(port),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=output, stderr=output)
    try:
        until(lambda: answers(port), 30)
        yield process, port, log
    finally:
        process.kill()
        process.wait()


class Balancer:
    """Sends requests over new connections for as long as its own probe of readiness passes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.ready = True
        self.statuses: list[int | str] = []
        self.threads = [threading.Thread(target=self._send) for _ in range(4)]
        self.threads.append(threading.Thread(target=self._probe))

    def _probe(self) -> None:
        while self.ready:
            time.sleep(0.1)
            self.ready = asked(self.port, "/ready") == 200

    def _send(self) -> None:
        while self.ready:
            self.statuses.append(self._status())

    def _status(self) -> int | str:
        try:
            return asked(self.port, "/work")
        except OSError as error:
            return repr(error)


def test_a_rolling_deployment_loses_no_request(server: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    process, port, log = server
    until(lambda: asked(port, "/ready") == 200)
    balancer = Balancer(port)
    for thread in balancer.threads:
        thread.start()
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    until(lambda: asked(port, "/ready") == 503, 1)
    assert asked(port, "/health") == 200
    for thread in balancer.threads:
        thread.join(10)
    assert len(balancer.statuses) > 10
    assert set(balancer.statuses) == {200}
    assert process.wait(10) in (0, -signal.SIGTERM)
    text = log.read_text()
    assert "Application shutdown complete" in text
    assert '"GET /work HTTP/1.1" 200' in text
    # A probe that passes is not logged, one that fails is.
    assert '"GET /health HTTP/1.1" 200' not in text
    assert '"GET /ready HTTP/1.1" 503' in text


def test_a_second_signal_ends_the_server_at_once(server: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    process, port, _ = server
    asked(port, "/ready")
    process.send_signal(signal.SIGTERM)
    until(lambda: asked(port, "/ready") == 503, 1)
    before = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    assert time.monotonic() - before < 1.2


def test_nothing_waits_where_nobody_asks_for_readiness(
    server: tuple[subprocess.Popen[bytes], int, Path],
) -> None:
    process, _, _ = server
    before = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    assert time.monotonic() - before < 1.2
