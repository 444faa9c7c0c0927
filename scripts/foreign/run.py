"""Runs one suite in one mode, and reads the outcome of each test."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.foreign.suites import PACKAGE, PYTHON, Suite

PLAIN = "plain"
MODES = ("metrics", "traces", "sentry")
STDERR = "(stderr)"
"""Stands for what the run wrote to its standard error, as if it were a test: no thread may fail at the end."""
_BROKEN = ("Traceback", "--- Logging error", "Exception ignored", "Exception in thread")
_INSIDE = Path(__file__).with_name("inside")
_OTHERS = (
    "OTEL_",
    "FASTAPI_OTEL_",
    "JAEGER_",
    "SENTRY_",
    "LOGFIRE_",
    "PYTEST_",
    "INSTRUMENTATION_",
    "PROMETHEUS_",
)
_LONGEST_SECONDS = 3600


class Broken(Exception):
    """A suite did not run to its end; the message is the end of its output."""


@dataclass(frozen=True)
class Outcomes:
    """The outcome of each test by its id, and the run's duration in seconds."""

    tests: dict[str, str]
    seconds: float


def outcomes(suite: Suite, mode: str, tests: Sequence[str] = (), *, jobs: int = 1) -> Outcomes:
    """Run the tests, or the whole suite; raises Broken when it does not come to its end."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "outcomes.json"
        done = subprocess.run(
            [str(PYTHON), "-m", "pytest", *_options(folder, jobs), *tests],
            cwd=suite.folder,
            env=_environment(mode, written),
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
        if not written.is_file():
            raise Broken(f"{suite.name}, {mode}:\n{(done.stdout + done.stderr)[-3000:]}")
        found = json.loads(written.read_text(encoding="utf-8"))
    said = [line for line in done.stderr.splitlines() if line.startswith(_BROKEN)]
    found[STDERR] = f"said {said[0]!r}" if said else "without a traceback"
    return Outcomes(found, time.monotonic() - started)


def _options(folder: str, jobs: int) -> list[str]:
    options = [
        "-q",
        "-p",
        "foreign_outcomes",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        f"--basetemp={folder}/base",
    ]
    return [*options, "-n", str(jobs)] if jobs > 1 else options


def _environment(mode: str, written: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    kept["PYTHONPATH"] = os.pathsep.join((str(_INSIDE), str(PACKAGE)))
    kept["WATCHKEEPER_OUTCOMES"] = str(written)
    kept["WATCHKEEPER_FOREIGN"] = "" if mode == PLAIN else mode
    return kept
