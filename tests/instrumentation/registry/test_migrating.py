"""docs/migrating.md names every metric and option of the peers, and its program runs."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from backend_instrumentation.contract import FAMILIES

from ..workers import ROOT
from .test_peers import python, served

__all__ = ["python"]
GUIDE = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
SECTIONS = {
    "instrumentator": "prometheus-fastapi-instrumentator",
    "starlette_exporter": "starlette_exporter",
}
SIGNATURES = """
import inspect, json
from prometheus_fastapi_instrumentator import Instrumentator
from starlette_exporter import PrometheusMiddleware

def options(function, *without):
    return [each for each in inspect.signature(function).parameters if each not in without]

print(json.dumps({
    "instrumentator": [
        *options(Instrumentator.__init__, "self"),
        *(f".instrument({each}=)" for each in options(Instrumentator.instrument, "self", "app")
          if not each.startswith("latency_")),
        *(f".expose({each}=)" for each in options(Instrumentator.expose, "self", "app", "kwargs")),
        ".add(function)", "metrics.default(custom_labels=)",
    ],
    "starlette_exporter": options(PrometheusMiddleware.__init__, "self", "app"),
}))
"""


def section(peer: str) -> str:
    return GUIDE.partition(f"## {SECTIONS[peer]}\n")[2].partition("\n## ")[0]


def table(peer: str, head: str) -> list[list[str]]:
    """Return the rows of the table whose first column has that head."""
    rows = section(peer).partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("peer", SECTIONS)
def test_every_option_of_a_peer_is_in_its_table(peer: str, python: Path) -> None:
    done = subprocess.run(
        [str(python), "-c", SIGNATURES], capture_output=True, text=True, timeout=60, check=True
    )
    named = [row[0].strip("`") for row in table(peer, "its option")]
    assert sorted(named) == sorted(json.loads(done.stdout)[peer])


@pytest.mark.parametrize("peer", SECTIONS)
def test_every_metric_of_a_peer_is_in_its_table_with_its_labels(
    peer: str, python: Path, tmp_path: Path
) -> None:
    page = served(python, tmp_path, f"{peer} alone")["theirs"]
    shown = set(re.findall(r"^# TYPE ((?:http|starlette)_\S+) ", page, re.MULTILINE))
    written: dict[str, set[str]] = {}
    for row in table(peer, "its metric"):
        name, _, names = row[0].strip("`}").partition("{")
        written[name] = {each for each in names.split(",") if each}
    assert set(written) == {name for name in shown if not name.endswith("_created")}
    for name, labels in written.items():
        rows = re.findall(rf"^{name}(?:_bucket|_sum|_count)?(?:{{(.*)}})? ", page, re.MULTILINE)
        found = [set(re.findall(r'(\w+)="', row)) - {"le"} for row in rows]
        assert labels in found, name


def test_our_column_is_right() -> None:
    known = {family.name: set(family.labels) for family in FAMILIES}
    for peer in SECTIONS:
        for row in table(peer, "its metric"):
            for name, labels in re.findall(r"`(http_\w+)(?:{([^}]*)})?`", row[1]):
                assert known[name] == {each for each in labels.split(",") if each}


def test_the_guides_program_runs() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", section("starlette_exporter"), re.DOTALL)
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(program, "docs/migrating.md", "exec"), namespace)
    namespace["app"].state.backend_instrumentation.uninstrument()
