"""The files that this repository shows and ships are those that its spec renders."""

from __future__ import annotations

from pathlib import Path

from tests.loading import load_plan
from watchkeeper.pipeline import render_files
from watchkeeper.publish import diff

ROOT = Path(__file__).parents[3]


def test_the_committed_files_are_rendered_from_the_committed_spec() -> None:
    files = render_files(load_plan(ROOT / "monitoring" / "SLO_DEFINITIONS.yml"))
    assert len(files) > 30
    assert [change.path for change in diff(files, ROOT)] == []
