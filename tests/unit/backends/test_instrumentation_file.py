"""The file that the middleware package reads says what the spec says, and the package accepts it."""

from __future__ import annotations

import json
from pathlib import Path

from backend_instrumentation.config.settings import Settings, parse
from tests.loading import load_plan
from watchkeeper.backends import instrumentation

SPEC = "version: watchkeeper/v1\nservice: checkout\n"


def settings(folder: Path, more: str = "") -> Settings:
    path = folder / "spec.yml"
    path.write_text(SPEC + more, encoding="utf-8")
    (text,) = instrumentation.render(load_plan(path)).values()
    parsed = parse(json.loads(text))
    assert parsed.left_out == ()
    return parsed


def test_the_service_serves_its_metrics_where_prometheus_asks_for_them(tmp_path: Path) -> None:
    assert settings(tmp_path).metrics_path == "/metrics"
    assert settings(tmp_path, "metrics_path: /internal/$metrics\n").metrics_path == "/internal/$metrics"
