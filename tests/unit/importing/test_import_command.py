"""`watchkeeper import`: what it writes, its exit codes, and files that are not what the user says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.importing.test_import_sloth import PLAIN
from watchkeeper.cli import main

_WHOLE = """
version: prometheus/v1
service: shop
slos:
  - name: requests
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, with a whole file and one of which something is lost."""
    (tmp_path / "whole.yml").write_text(_WHOLE)
    (tmp_path / "lossy.yml").write_text(PLAIN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_imported_renders(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "sloth", "whole.yml", "lossy.yml", "--out", "monitoring/SLO_DEFINITIONS.yml"]) == 1
    assert "4 of 5 objectives imported" in capsys.readouterr().err
    assert main(["render"]) == 0
    rules = folder / "monitoring/prometheus/rules"
    assert {path.stem for path in rules.rglob("*.yml")} >= {"requests", "quiet", "tickets-only"}
    # Somebody scrapes these services already.
    assert not (folder / "monitoring/prometheus/targets/services").exists()


def test_a_whole_import_is_a_success_and_the_spec_is_all_of_the_output(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "sloth", "whole.yml"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("# Imported from sloth: whole.yml\nversion: watchkeeper/v1\n")
    assert "1 of 1 objectives imported" in shown.err


def test_json_has_every_change_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "sloth", "lossy.yml", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["objectives"] == {"defined": 4, "imported": 3}
    assert {
        "kind": "dropped",
        "file": "lossy.yml",
        "line": 4,
        "column": 31,
        "objective": "",
        "field": "labels.severity",
        "text": "cannot be a label here: the label 'severity' is reserved",
    } in document["changes"]
    assert "requests_total" in document["spec"]


def test_a_spec_is_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "sloth", "whole.yml", "--out", "lossy.yml"]) == 2
    assert (folder / "lossy.yml").read_text() == PLAIN
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "tool", "message"),
    [
        (_WHOLE, "pyrra", "whole.yml:2:1: error: `version: prometheus/v1` is not Pyrra's `kind: ServiceLevelObjective`"),
        (_WHOLE, "pyrra", "this is for: watchkeeper import sloth"),
        ("a: 1\n", "sloth", "whole.yml:1:1: error: a document without `apiVersion` and `version` is not Sloth's"),
        ("version: prometheus/v2\n", "sloth", "whole.yml:1:1: error: `version: prometheus/v2` is not Sloth's"),
        ("apiVersion: v1\nkind: Pod\n", "openslo", "`apiVersion: v1` with `kind: Pod` is not OpenSLO's"),
        ("- a\n", "sloth", "whole.yml:1:3: error: the document is not a mapping"),
        ("", "sloth", "the file is empty"),
        ("a: [\n", "sloth", "whole.yml:2:1: error: not YAML"),
        ("a: 1\na: 2\n", "sloth", "whole.yml:2:1: error: the key `a` appears twice"),
    ],
)  # fmt: skip
def test_files_that_are_not_what_the_user_says(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, tool: str, message: str
) -> None:
    (folder / "whole.yml").write_text(text)
    assert main(["import", tool, "whole.yml", "missing.yml", "--out", "out.yml"]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    # All files at once, and nothing written.
    assert "missing.yml:1:1: error: cannot be read: no such file" in errors
    assert not (folder / "out.yml").exists()


def test_a_window_that_no_objective_can_have(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "sloth", "whole.yml", "--window", "1h"]) == 2
    assert "--window: a window of 1h is not between 1d and 90d" in capsys.readouterr().err


def test_when_nothing_can_be_imported_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "whole.yml").write_text(_WHOLE.replace("objective: 99.9", "objective: 100"))
    assert main(["import", "sloth", "whole.yml", "--out", "out.yml"]) == 1
    assert "0 of 1 objectives imported" in capsys.readouterr().err
    assert not (folder / "out.yml").exists()


def test_the_transcript_of_the_page_is_what_the_command_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "slos").mkdir()
    (folder / "slos/shop.yml").write_text(PLAIN)
    main(["import", "sloth", "slos/shop.yml", "--out", "monitoring/SLO_DEFINITIONS.yml"])
    said = capsys.readouterr().err.splitlines()
    page = (Path(__file__).parents[3] / "docs/importing.md").read_text()
    shown = page.partition("```console\n")[2].partition("\n```")[0].splitlines()[1:]
    assert [line for line in shown if line not in said] == []
    assert len(shown) == 5
