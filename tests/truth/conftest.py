"""Gather the worst errors of all processes, and show them at the end."""

from __future__ import annotations

import os
import tempfile

import pytest

from tests.truth import ledger


def pytest_configure(config: pytest.Config) -> None:
    """Give all test processes one folder to note what they saw in."""
    if not hasattr(config, "workerinput"):
        os.environ[ledger.FOLDER] = tempfile.mkdtemp(prefix="watchkeeper-truth-")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the worst of each kind of schedule."""
    found = list(ledger.lines())
    if found:
        terminalreporter.section("rules against a count of every request")
        for line in found:
            terminalreporter.write_line(line)
