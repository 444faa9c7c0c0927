"""No instance, and nothing of the environment, goes from one test to the next."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from backend_instrumentation.global_metrics import environment
from backend_instrumentation.global_metrics.instances import instances

from .components import close


@pytest.fixture(autouse=True)
def clean_components(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("ENABLE_METRICS", "METRICS_PORT", "METRICS_HOST"):
        monkeypatch.delenv(variable, raising=False)
    environment._warned.clear()
    level = logging.getLogger("backend_instrumentation").level
    yield
    logging.getLogger("backend_instrumentation").setLevel(level)
    if instances():
        close()
