"""A real server with several workers answers /metrics as one service."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..workers import ROOT, environment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="these signals are those of Unix")


def test_uvicorns_workers_are_one_service_also_when_one_is_killed(tmp_path: Path) -> None:
    with served(tmp_path, workers=3) as address:
        pids = Counter(fetched(f"{address}/hello/x") for _ in range(60))
        assert sample(address) == 60
        victim = int(next(iter(pids)))
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while list(tmp_path.glob(f"counter_{victim}.db")):  # until a scrape has seen that it is gone
            assert time.monotonic() < deadline
            sample(address)
            time.sleep(0.05)
        assert sample(address) == 60
        assert "http_requests_in_progress 0.0\n" in fetched(f"{address}/metrics")


@contextmanager
def served(folder: Path, *, workers: int) -> Iterator[str]:
    """Run the service under uvicorn with that many workers, and yield its address."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.instrumentation.worker_service:app",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(
        [*command, "--workers", str(workers), "--log-level", "warning"], env=environment(folder), cwd=ROOT
    )
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 30
    try:
        while len(list(folder.glob("worker_*.start"))) < workers or not answers(address):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def answers(address: str) -> bool:
    try:
        return bool(fetched(f"{address}/health"))
    except OSError:
        return False


def fetched(url: str) -> str:
    request = urllib.request.Request(url, headers={"connection": "close"})
    for attempt in range(5):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return str(answer.read().decode())
        except (ConnectionResetError, http.client.RemoteDisconnected):  # noqa: PERF203 - the worker that was killed
            assert attempt < 4
    raise AssertionError(url)


def sample(address: str) -> float:
    """Return how often /hello was answered with 200, by all workers together."""
    name = 'http_requests_total{handler="/hello/{label}",method="GET",status_code="200"} '
    (line,) = [each for each in fetched(f"{address}/metrics").splitlines() if each.startswith(name)]
    return float(line.removeprefix(name))
