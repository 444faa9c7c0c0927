"""Each test has its own log, factory and counts of losses."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_instrumentation.logmetrics import PerformanceMonitorFactory, configure_log
from backend_instrumentation.logmetrics.feed import loss_counts
from backend_instrumentation.logmetrics.feed.loss_metric import LOSS_COUNTER
from backend_instrumentation.logmetrics.writing import default_log
from backend_instrumentation.logmetrics.writing.log_file import LogFile


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.delenv("PERFORMANCE_LOG_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(PerformanceMonitorFactory, "_instance", None)
    monkeypatch.setattr(default_log._Default, "log", None)
    forget_losses()
    yield
    factory = PerformanceMonitorFactory._instance
    cleaner = factory and factory.get_scheduled_cleaner()
    if cleaner:
        cleaner.stop()
    forget_losses()


def forget_losses() -> None:
    loss_counts._counts.clear()
    loss_counts._logged.clear()
    loss_counts._listeners.clear()
    LOSS_COUNTER.__init__()  # type: ignore[misc]


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    """The log of the process, which never rotates."""
    return configure_log(tmp_path / "performance.jsonl", max_bytes=0, daily=False)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that other users can read, which pytest's are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
