"""Runs code in a process of its own in which several workers share a folder of values."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
BEFORE = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.instrumentation.worker_service import app, handle
from tests.instrumentation.asgi_driver import acall, call

folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])

def forked(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            print("child:", repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    return pid

def ended(pid):
    return os.waitpid(pid, 0)[1]

def scraped(accept="text/plain"):
    answer = call(app, "/metrics", headers=[("accept", accept)])
    assert answer.status == 200, answer
    return answer.body.decode()

def samples(text=None):
    lines = (text or scraped()).splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

HELLO = 'http_requests_total{handler="/hello/{label}",method="GET",status_code="200"}'
COUNT = 'http_request_duration_seconds_count{handler="/hello/{label}",method="GET",status_code="200"}'
"""


def environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": path}


def run(folder: Path, code: str) -> str:
    """Run the code and return what it printed; fails with what it said on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + textwrap.dedent(code)],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr[-3000:]}"
    return done.stdout + done.stderr
