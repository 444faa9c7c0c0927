"""What the guide and the README promise of the log monitors: each name is there, and each example runs."""

from __future__ import annotations

import inspect
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_instrumentation import logmetrics
from backend_instrumentation.logmetrics import CleanupConfig, LogFile, query_logs
from backend_instrumentation.logmetrics.cleaning.cleanup_config import read_config

from ..global_metrics.test_global_migrating import BLOCK, ROW, bare, section
from .lines import records

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "migrating-monitors.md").read_text(encoding="utf-8")
CHAPTER = section(
    (ROOT / "backend_instrumentation" / "README.md").read_text(encoding="utf-8"), "Performance logs"
)
EXAMPLES = [code for code in BLOCK.findall(CHAPTER) if "import logging" not in code]

SIGNATURES = {
    "record_checkpoint_save": "duration, size=None, success=True, **fields",
    "record_checkpoint_load": "duration, size=None, success=True, **fields",
    "get_checkpoint_monitor": "",
    "record_llm_call": (
        "model, provider, response_time, prompt_tokens=0, completion_tokens=0, total_tokens=None, success=True, **fields"
    ),
    "register_monitoring": "container",
    "LightweightPerformanceMonitor": "logger=None",
    "LogCleanupService": "config=None",
    "PerformanceMonitorFactory": "",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_each_old_name_has_its_signature(name: str) -> None:
    assert bare(getattr(logmetrics, name)) == SIGNATURES[name]


def test_the_factory_has_its_methods() -> None:
    factory = logmetrics.PerformanceMonitorFactory
    methods = {
        "create_monitor": "self, name",
        "register": "self, name, cls",
        "force_log_cleanup": "self",
        "setup_log_cleaner": "self, config=None",
        "get_scheduled_cleaner": "self",
    }
    assert {name: bare(getattr(factory, name)) for name in methods} == methods
    assert inspect.ismethod(factory.get_instance)
    timer = bare(logmetrics.PerformanceLogger.log_timer)
    assert timer == "self, name, value, **fields"


def test_the_guide_names_each_of_them_and_its_imports_work() -> None:
    rows = dict(ROW.findall(section(GUIDE, "From log monitors")))
    assert set(rows) == set(SIGNATURES)
    for name, now in rows.items():
        namespace: dict[str, Any] = {}
        exec(now.strip("`"), namespace)
        assert name in namespace


def test_the_guides_example_runs(log: LogFile, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (code,) = BLOCK.findall(section(GUIDE, "From log monitors"))
    exec(compile(code, "docs/migrating-monitors.md", "exec"), {"__name__": "example"})
    assert capsys.readouterr().out == "0 0 () True\n"
    found = [record["operation"] for record in records(log.path)]
    assert found[:3] == ["tool_call", "tool_calls", "tools_loaded"]
    assert found[3:] == ["checkpoint_save", "checkpoint_load"] * 2 + ["llm_call"] * 2


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_readmes_examples_run(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").mkdir()
    exec(compile(code, "README.md", "exec"), {"__name__": "example"})
    if "record_search" in code:
        assert query_logs("logs").records == 4
    if "force_log_cleanup" in code:
        assert capsys.readouterr().out == "0\n"


def test_the_readmes_example_of_logging_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = set(BLOCK.findall(CHAPTER)) - set(EXAMPLES)
    exec(compile(code, "README.md", "exec"), {"__name__": "example"})
    assert json.loads(capsys.readouterr().err)["model"] == "large"
    logging.getLogger("performance").handlers.clear()


def test_the_readmes_record_is_the_first_that_its_example_writes(tmp_path: Path) -> None:
    exec(compile(EXAMPLES[0], "README.md", "exec"), {"__name__": "example"})
    (shown,) = re.findall(r"^```json\n(.*?)^```", CHAPTER, re.MULTILINE | re.DOTALL)
    first = records(tmp_path / "logs" / "performance.jsonl")[0]
    assert {**first, "timestamp": 0} == {**json.loads(shown), "timestamp": 0}
    assert list(first) == list(json.loads(shown))


def test_the_readmes_configuration_shows_the_defaults() -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", CHAPTER, re.MULTILINE | re.DOTALL)
    assert read_config(yaml.safe_load(shown)) == CleanupConfig()
    assert len(yaml.safe_load(shown)["log_cleanup"]) == 6


def test_each_exported_name_is_there() -> None:
    assert set(logmetrics.__all__) == set(logmetrics._HOMES)
    assert all(getattr(logmetrics, name).__name__ == name for name in logmetrics.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        logmetrics.nothing  # noqa: B018
    assert set(logmetrics.__all__) <= set(dir(logmetrics))
