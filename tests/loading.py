"""Specs and plans as every command loads them: PromQL is promtool's to check."""

from __future__ import annotations

from pathlib import Path

from watchkeeper import pipeline
from watchkeeper.cli import main
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import Plan
from watchkeeper.spec.problem import Problem
from watchkeeper.verify.promtool import syntax_errors


def load_spec(path: Path) -> tuple[Spec, tuple[Problem, ...]]:
    return pipeline.load_spec(path, syntax_errors)


def load_plan(path: Path) -> Plan:
    return pipeline.load_plan(path, syntax_errors)


def render_with_proofs(folder: Path) -> None:
    """Render `spec.yml` of a folder into the folder, its proofs into `proofs/`."""
    spec = str(folder / "spec.yml")
    assert main(["render", spec, "--out", str(folder), "--proofs", str(folder / "proofs")]) == 0
