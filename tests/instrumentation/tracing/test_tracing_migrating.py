"""What docs/migrating.md promises of the tracing names: each is there, under its old signature."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend_instrumentation import TracingManager

DOCUMENT = Path(__file__).parents[3] / "docs" / "migrating.md"
SECTION = DOCUMENT.read_text(encoding="utf-8").partition("## Tracing\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("__init__", "self service_name jaeger_host jaeger_port enable_tracing"),
        ("start_span", "self operation_name parent_span tags"),
        ("finish_span", "self span tags logs error"),
        ("with_tracing", "self operation_name tags"),
        ("trace_database_operation", "self operation table query"),
        ("trace_external_call", "self service_name endpoint"),
        ("trace_tool_execution", "self tool_name operation"),
        ("inject_span_context", "self span carrier"),
        ("extract_span_context", "self carrier"),
        ("get_tracer_info", "self"),
        ("close", "self"),
    ],
)
def test_each_old_name_takes_what_it_took(name: str, parameters: str) -> None:
    taken = inspect.signature(getattr(TracingManager, name)).parameters.values()
    positional = [each.name for each in taken if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert positional[: len(parameters.split())] == parameters.split()
    assert all(each.default is not each.empty for each in taken if each.name not in parameters.split())
    assert name == "__init__" or f"`.{name}`" in SECTION


def test_the_default_name_is_the_old_one() -> None:
    assert TracingManager(enable_tracing=False).settings.service_name == "service_executor"


def test_the_documents_program_runs(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_get_tracer_info_tells_is_complete() -> None:
    assert set(TracingManager().get_tracer_info()) == {
        "enabled", "tracer_initialized", "service_name", "endpoint", "sampler", "exporter", "exported", "dropped",
        "last_error",
    }  # fmt: skip
