"""prometheus-fastapi-instrumentator and starlette_exporter work beside ours in one application, in both orders."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scripts.foreign.suites import Unavailable, keep_venv

from ..workers import ROOT

PEERS = ROOT / ".watchkeeper" / "peers"
WANTED = (
    "fastapi==0.165.0",
    "prometheus-client==0.26.0",
    "prometheus-fastapi-instrumentator==8.1.0",
    "starlette-exporter==0.24.0",
)
THEIRS = {
    "instrumentator": 'http_requests_total{handler="/items/{item}",method="GET",status="2xx"} 3.0',
    "starlette_exporter": (
        'http_requests_total{app_name="starlette",method="GET",path="/items/{item}",status_code="200"} 3.0'
    ),
}
TAKEN = {
    "instrumentator": {"http_requests_total", "http_request_duration_seconds"},
    "starlette_exporter": {
        "http_requests_total",
        "http_request_duration_seconds",
        "http_requests_in_progress",
    },
}


@pytest.fixture(scope="session")
def python() -> Path:
    """Return the interpreter of a virtual environment with the peers."""
    try:
        keep_venv(PEERS, *WANTED)
    except Unavailable as problem:
        pytest.skip(f"the peers cannot be installed here: {problem}")
    return PEERS / "bin" / "python"


def served(python: Path, folder: Path, *order: str, **more: str) -> dict[str, Any]:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PROMETHEUS_", "INSTRUMENTATION_"))
    }
    done = subprocess.run(
        [str(python), "-m", "tests.instrumentation.registry.peer_service", *order],
        env={**environment, "PYTHONPATH": str(ROOT), **more},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check(page: str) -> None:
    """Refuse a page that describes a family twice."""
    kinds = re.findall(r"^# TYPE (\S+)", page, re.MULTILINE)
    assert len(set(kinds)) == len(kinds)
    assert list(text_string_to_metric_families(page))


@pytest.mark.parametrize("peer", THEIRS)
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_peer_works_beside_ours(peer: str, first: str, python: Path, tmp_path: Path) -> None:
    order = ("ours", peer) if first == "ours" else (peer, "ours")
    found = served(python, tmp_path, *order)
    assert found["answers"] == [[200, "None"]] * 3
    assert found["statuses"] == [200] * 4
    for page in ("theirs", "ours", "registry"):
        check(found[page])
        assert THEIRS[peer] in found[page]
        assert "instrumentation_errors_total" in found[page]
    conflicts = set(re.findall(r'instrumentation_metric_conflicts\{metric="([^"]+)"\} 1.0', found["ours"]))
    assert conflicts == TAKEN[peer]
    taken = [warning for warning in found["warnings"] if warning.startswith("not exposed")]
    assert all(sum(f"{name}: " in warning for warning in taken) == 1 for name in conflicts)
    assert len(taken) <= 2  # instrumentator registers at once, starlette_exporter with the first request
    if peer == "instrumentator":
        assert "http_requests_in_progress 0.0\n" in found["ours"]


@pytest.mark.parametrize("peer", THEIRS)
def test_a_peer_works_beside_ours_in_several_workers(peer: str, python: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    found = served(python, tmp_path, "ours", peer, PROMETHEUS_MULTIPROC_DIR=str(shared))
    assert found["answers"] == [[200, "None"]] * 3
    check(found["ours"])
    assert THEIRS[peer] in found["ours"]
    assert 'http_requests_total{handler="/items/{item}",method="GET",status_code="200"}' not in found["ours"]
