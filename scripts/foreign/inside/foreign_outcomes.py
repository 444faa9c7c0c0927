"""A pytest plugin that writes the outcome of every test into the file that WATCHKEEPER_OUTCOMES names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_found: dict[str, str] = {}


def pytest_runtest_logreport(report: Any) -> None:
    """Keep the worst outcome of a test's three phases."""
    if report.failed:
        _found[report.nodeid] = "failed" if report.when == "call" else "error"
    elif report.skipped:
        _found.setdefault(report.nodeid, "xfailed" if hasattr(report, "wasxfail") else "skipped")
    elif report.when == "call":
        _found.setdefault(report.nodeid, "xpassed" if hasattr(report, "wasxfail") else "passed")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write them, from the process that collects the reports of all workers."""
    if not hasattr(session.config, "workerinput"):
        text = json.dumps(_found)
        Path(os.environ["WATCHKEEPER_OUTCOMES"]).write_text(text, encoding="utf-8")
