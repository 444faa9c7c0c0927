"""A few tests of Starlette and FastAPI run alike with every application instrumented; `make foreign` runs them all."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.foreign import suites
from scripts.foreign.compare import Difference, differences, listed, unexplained
from scripts.foreign.run import Outcomes

ROOT = Path(__file__).parents[2]
SELECTION = {
    "starlette": (
        "tests/test_applications.py",
        "tests/test_exceptions.py",
        "tests/middleware/test_opentelemetry.py",
    ),
    "fastapi": (
        "tests/test_ws_router.py",
        "tests/test_application.py",
        "tests/test_telemetry/test_tracer.py",
    ),
}


@pytest.mark.parametrize("suite", SELECTION)
def test_a_selection_runs_alike(suite: str) -> None:
    command = [sys.executable, "-m", "scripts.foreign", "--suite", suite, "--jobs", "1", *SELECTION[suite]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    if done.returncode == 3:
        pytest.skip(f"the suites cannot be installed here: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    rows = [line for line in done.stdout.splitlines() if line.startswith(suite)]
    assert len(rows) == 4
    assert all(int(row.split()[2]) > 20 for row in rows), rows


def test_two_that_prepare_at_once_install_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []

    def install(wanted: str) -> None:
        installed.append(wanted)
        time.sleep(0.1)

    monkeypatch.setattr(suites, "CACHE", tmp_path)
    monkeypatch.setattr(suites, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(suites, "_install", install)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: suites.prepare(lambda _: None), range(3)))
    assert len(installed) == 1
    assert len(found) == 3


def test_a_difference_counts_only_when_it_comes_again_and_has_no_reason() -> None:
    plain = Outcomes({"a": "passed", "b": "passed", "c": "failed"}, 1)
    found = Outcomes({"a": "failed", "b": "failed", "c": "failed", "d": "passed"}, 1)
    again: list[list[str]] = []

    def rerun(mode: str, tests: list[str]) -> Outcomes:
        again.append(tests)
        outcomes = {"a": "passed", "b": "passed"} if mode == "plain" else {"a": "failed", "b": "passed"}
        return Outcomes({**outcomes, **({} if mode == "plain" else {"d": "passed"})}, 1)

    left = differences("starlette", "traces", plain, found, rerun)
    assert again == [["a", "b", "d"]] * 2
    assert left == [
        Difference("starlette", "traces", "a", "passed", "failed"),
        Difference("starlette", "traces", "d", "absent", "passed"),
    ]
    assert unexplained(left, {("starlette", "traces", "a"): "why"}) == left[1:]
    assert all(len(reason) > 10 for reason in listed().values())
