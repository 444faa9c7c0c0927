"""Import texts as the command does, and read what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from watchkeeper.importing.import_files import Imported, import_files
from watchkeeper.pipeline import load_spec
from watchkeeper.spec.problem import Problem, SpecRejected


def problems_of(path: Path) -> Sequence[Problem]:
    """Return all problems of a spec, without promtool: the queries of these tests are well-formed."""
    try:
        return load_spec(path, lambda _: {})[1]
    except SpecRejected as rejected:
        return rejected.problems


def imported(folder: Path, tool: str, *texts: str, window: str = "30d") -> Imported:
    """Import texts as files of a tool."""
    paths = [folder / f"{number}.yml" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    found = import_files(paths, tool, problems_of, window=window)
    if found.text:
        spec = folder / "imported.yml"
        spec.write_text(found.text)
        assert [one for one in problems_of(spec) if one.level == "error"] == []
    return found


def slos(found: Imported) -> dict[str, dict[str, Any]]:
    """Return the objectives of the spec by name."""
    spec = yaml.safe_load(found.text)
    return {slo["name"]: slo for service in spec.get("services", [spec]) for slo in service["slos"]}


def said(found: Imported, kind: str) -> list[str]:
    """Return the changes of a kind as `line field text`."""
    return [f"{one.where.line} {one.field} {one.text}" for one in found.changes if one.kind == kind]
