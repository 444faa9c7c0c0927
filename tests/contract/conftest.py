"""The demo as a real process on a free port."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from .running import DEMO, PATIENCE_SECONDS, Demo, answers, free_port, wait_until


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, started by its path from a folder elsewhere, on its own defaults."""
    port = free_port()
    folder = tmp_path_factory.mktemp("elsewhere")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INSTRUMENTATION_")}
    process = subprocess.Popen(
        [sys.executable, str(DEMO), "--port", str(port)],
        cwd=folder,
        env={**environment, "PERFORMANCE_LOG_FILE": str(folder / "performance.jsonl")},
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is None and answers(url), "the demo answers")
        yield Demo(url, process, folder / "performance.jsonl")
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)
