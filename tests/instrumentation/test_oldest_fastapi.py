"""All of these tests hold on the oldest FastAPI, Starlette and prometheus-client too; here are the newest."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# These start many processes and touch nothing of FastAPI; the script alone runs them as well.
NOT_AGAIN = (
    *("--ignore", "tests/instrumentation/multiprocess/test_workers.py"),
    *("--ignore", "tests/instrumentation/tracing/test_tracing_faults.py"),
    *("--ignore", "tests/instrumentation/multiprocess/test_worker_servers.py"),
    *("--ignore", "tests/instrumentation/multiprocess/test_unmerged_workers.py"),
    *("--ignore", "tests/instrumentation/registry/test_peers.py"),
    *("--ignore", "tests/instrumentation/registry/test_migrating.py"),
    *("--ignore", "tests/instrumentation/logmetrics/test_log_file.py"),
    *("--ignore", "tests/instrumentation/logmetrics/test_log_cleaner.py"),
    *("--ignore", "tests/instrumentation/logmetrics/test_log_commands.py"),
)


def test_they_pass_on_the_oldest_versions() -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "test_oldest_fastapi.sh", *NOT_AGAIN],
        env={**os.environ, "INSTRUMENTATION_TEST_REQUESTS": "200"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    if done.returncode == 3:
        pytest.skip(f"the oldest versions cannot be installed here: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 200
    version = next((ROOT / ".watchkeeper" / "oldest-fastapi").glob("lib*/python*/site-packages/fastapi-*"))
    assert version.name == "fastapi-0.115.0.dist-info"
