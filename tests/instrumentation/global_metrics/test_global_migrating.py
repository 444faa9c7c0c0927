"""Each old name has its row in the guide, its new import works under the old signature, and the examples run."""

from __future__ import annotations

import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import backend_instrumentation
from backend_instrumentation import global_metrics

from ..asgi_driver import acall
from ..components import OPENMETRICS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
README = (ROOT / "backend_instrumentation" / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

SIGNATURES = {
    "initialize_global_metrics": (
        "enable_metrics=True, metrics_port=None, config=None, *, instance_name='default'"
    ),
    "close_global_metrics": "instance_name='default'",
    "get_global_metrics": "instance_name='default'",
    "is_metrics_initialized": "",
    "get_metrics_summary": "",
    "record_operation": "operation_type, success=True, duration=None, **labels",
    "record_duration": "operation_type, duration, **labels",
    "update_metrics_config": "new_config",
}


def section(text: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found.group(1)


def blocks(text: str) -> list[str]:
    return BLOCK.findall(text)


GLOBAL = section(GUIDE, "Global metrics")


def bare(function: Any) -> str:
    signature = inspect.signature(function)
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    shown = signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    return str(shown)[1:-1]


@pytest.mark.parametrize("name", SIGNATURES)
def test_each_name_has_the_old_signature_at_both_addresses(name: str) -> None:
    function = getattr(backend_instrumentation, name)
    assert function is getattr(global_metrics, name)
    assert bare(function) == SIGNATURES[name]


def test_objects_and_classes_are_at_both_addresses_too() -> None:
    assert backend_instrumentation.ExecutorMetrics is global_metrics.ExecutorMetrics
    assert bare(backend_instrumentation.ExecutorMetrics).startswith("enable_metrics=True, metrics_port=None")
    assert bare(backend_instrumentation.aggregate_metrics).startswith("instances")
    for name in ("initialize_global_metrics", "close_global_metrics"):
        assert inspect.iscoroutinefunction(getattr(backend_instrumentation, name))


def test_the_guide_names_each_of_them_and_its_imports_work() -> None:
    rows = dict(ROW.findall(GLOBAL))
    assert set(rows) == {
        *SIGNATURES, "ExecutorMetrics", "aggregate_metrics", "ENABLE_METRICS", "METRICS_PORT",
    }  # fmt: skip
    for name, now in rows.items():
        statement = re.search(r"`(from [^`]+)`", now)
        assert statement is not None, now
        namespace: dict[str, Any] = {}
        exec(statement.group(1), namespace)
        assert name in namespace


@pytest.mark.parametrize("code", blocks(GLOBAL), ids=range(len(blocks(GLOBAL))))
def test_the_guides_examples_run(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "docs/migrating.md", "exec"), {"__name__": "example"})
    printed = capsys.readouterr().out
    if "print(error)  # " in code:
        assert printed.strip() == code.partition("print(error)  # ")[2].strip()
    elif "print(" in code:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics\n", printed)


def test_the_readmes_example_of_the_packs_runs() -> None:
    (code,) = blocks(section(README, "Your own metrics").partition("### Packs with helpers")[2])
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, "README.md", "exec"), namespace)
    registry = namespace["instruments"].registry
    labels = {"status": "error", "error_type": "timeout"}
    assert registry.get_sample_value("sandbox_executions_total", labels) == 1
    assert namespace["users"]() is None
    assert registry.get_sample_value("database_query_duration_seconds_count", {"operation": "select"}) == 1
    namespace["instruments"].close()


def test_the_readmes_example_of_the_lifespan_serves_its_operations() -> None:
    lifespan, late = blocks(section(README, "Components of one process"))
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(late, "README.md", "exec"), namespace)
    exec(compile(lifespan, "README.md", "exec"), namespace)
    app = namespace["app"]

    async def run() -> str:
        async with app.router.lifespan_context(app):
            await namespace["Storage"]().read("a")
            assert (await acall(app, "/files", method="POST")).body == b'{"stored":"yes"}'
            return (await acall(app, "/metrics", headers=list(OPENMETRICS.items()))).body.decode()

    page = asyncio.run(run())
    assert 'operations_total{component="default",operation_type="store",success="true"} 1.0' in page
    assert global_metrics.get_global_metrics() is None
    app.state.backend_instrumentation.uninstrument()
