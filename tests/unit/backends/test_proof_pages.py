"""The committed page says what each alert must do and when; the promtool files are written on demand only."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.plan.planning import plan_of
from watchkeeper.backends.proof_pages import render
from watchkeeper.cli import main

ROOT = Path(__file__).parents[3]
SPEC = ROOT / "monitoring/SLO_DEFINITIONS.yml"
PAGE = ROOT / "monitoring/proofs/helloagents.md"


def _tables(page: str) -> dict[str, list[list[str]]]:
    """Return the rows of each table by its heading, without the head."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in page.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ").partition(":")[0]
        elif line.startswith("| ") and not line.startswith(("| scenario", "| ---")):
            found.setdefault(heading, []).append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_objective_takes_eight_to_fourteen_lines_and_a_threshold_alert_one() -> None:
    tables = _tables(PAGE.read_text())
    assert list(tables) == ["api-availability", "api-latency", "sandbox-success", "Threshold alerts"]
    for name in ("api-availability", "api-latency", "sandbox-success"):
        assert 8 <= len(tables[name]) <= 14
    assert len(tables["Threshold alerts"]) == 10


def test_a_row_says_what_must_happen_and_when() -> None:
    tables = _tables(PAGE.read_text())
    assert tables["api-availability"][0] == [
        "total outage",
        "FastBurn",
        "fires, then resolves",
        "after 3m30s to 6m30s, resolved 9m after the end",
    ]
    assert [row[1] for row in tables["api-availability"]].count("MetricMissing") == 1
    assert ["the process is down, and downtime is a gap", "FastBurn", "silent", ""] in tables["api-latency"]
    assert tables["Threshold alerts"][0] == [
        "no target answers until the alert fires, then one answers",
        "ServiceDown",
        "silent, then fires, then resolves",
        "silent at 5m and 7m, fires at 10m, resolved at 11m; 2 more scenarios",
    ]


def test_a_later_alert_changes_its_row_and_no_other(tmp_path: Path) -> None:
    body = (
        "service: shop\nalerts:\n  - {preset: service_down, for: %s}\n  - {preset: error_ratio, above: 5%%}\n"
    )
    pages = [render(plan_of(tmp_path, body % hold))["monitoring/proofs/shop.md"] for hold in ("2m", "4m")]
    first, second = (_tables(page)["Threshold alerts"] for page in pages)
    assert first[0] != second[0]
    assert first[1:] == second[1:]


def test_what_is_unproven_is_said(tmp_path: Path) -> None:
    body = (
        "service: shop\nmetrics: [{name: jobs_total, type: counter}]\nalerts: [{name: Up, expr: 'up > 2'}]\n"
        "slos: [{name: o, objective: 99%, sli: {events: {bad: 'jobs_total * 2', total: jobs_total}}}]\n"
    )
    page = render(plan_of(tmp_path, body))["monitoring/proofs/shop.md"]
    assert "UNPROVEN: how the parts of" in page
    assert _tables(page)["Threshold alerts"][0] == ["", "Up", "UNPROVEN", ""]


def test_an_idle_alert_has_a_row(tmp_path: Path) -> None:
    body = "service: shop\nsignals: [http]\nslos: [{name: o, objective: 99%, sli: {availability: http}, alerting: {idle: 1h}}]\n"
    page = render(plan_of(tmp_path, body))["monitoring/proofs/shop.md"]
    (row,) = [row for row in _tables(page)["o"] if row[1] == "Idle"]
    assert row[0] == "no traffic"
    assert row[2] == "silent, then fires, then resolves"


def test_one_objective_changed_changes_under_120_lines(tmp_path: Path) -> None:
    text = SPEC.read_text()
    changed = text.replace(
        "    objective: 99.5%\n    window: 30d", "    objective: 99.9%\n    window: 30d", 1
    )
    assert changed != text
    renders = []
    for name, spec in (("old", text), ("new", changed)):
        place = tmp_path / name / "monitoring" / SPEC.name
        place.parent.mkdir(parents=True)
        place.write_text(spec)
        assert main(["render", str(place)]) == 0
        renders.append(_files(tmp_path / name))
    assert renders[0] == renders[1]
    command = ["git", "diff", "--no-index", "--numstat", "old", "new"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    changed_lines = [sum(map(int, line.split("\t")[:2])) for line in done.stdout.splitlines()]
    assert len(changed_lines) > 5
    assert sum(changed_lines) < 120, done.stdout


def test_the_demos_bundle_is_small() -> None:
    manifest = json.loads((ROOT / "monitoring/.watchkeeper-manifest.json").read_text())
    assert sum((ROOT / path).stat().st_size for path in manifest["files"]) < 520_000
    assert not [path for path in manifest["files"] if re.fullmatch(r"monitoring/proofs/.*\.yml", path)]


@pytest.mark.parametrize("folder", ["ci/proofs", "out/monitoring/proofs", "with [odd] 'name'/p"])
def test_proofs_are_written_for_the_teams_own_ci(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promtool: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nsignals: [http]\nalerts: [{preset: service_down}]\n"
        "slos: [{name: o, objective: 99%, sli: {availability: http}}]\n"
    )
    assert main(["render", "spec.yml", "--out", "out", "--proofs", folder]) == 0
    found = sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.yml"))
    assert found.pop() == "watchkeeper/alerts.yml"
    assert found == [f"shop/{name}.yml" for name in ("alerts", "o-days", "o-history", "o-minutes")]
    for name in ("alerts", "o-history"):
        command = [promtool, "test", "rules", f"{name}.yml"]
        done = subprocess.run(command, cwd=Path(folder, "shop"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SUCCESS" in done.stdout
    # The rules are read: with others the proof fails.
    rules = Path("out/monitoring/prometheus/alerts/shop.yml")
    rules.write_text(re.sub(r"severity: .*", "severity: other", rules.read_text()))
    command = [promtool, "test", "rules", f"{folder}/shop/alerts.yml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    # The render's own files know nothing of the folder, and the folder loses what is no longer rendered.
    rules.unlink()
    Path("spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nmetrics: [{name: up_ratio, type: gauge, external: true}]\n"
        "slos: [{name: o, objective: 99%, sli: {boolean: up_ratio}}]\n"
    )
    assert main(["render", "spec.yml", "--out", "out", "--proofs", folder]) == 0
    assert not Path(folder, "shop/alerts.yml").exists()
    assert main(["check", "spec.yml", "--out", "out"]) == 0


def test_files_of_others_in_the_folder_of_proofs_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nsignals: [http]\nalerts: [{preset: service_down}]\n"
    )
    theirs = Path("ci/shop/alerts.yml")
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs\n")
    assert main(["render", "spec.yml", "--out", "out", "--proofs", "ci"]) == 2
    assert (
        "ci/shop/alerts.yml: there is a file that is not in .watchkeeper-manifest.json"
        in capsys.readouterr().err
    )
    assert theirs.read_text() == "theirs\n"
    theirs.rename("ci/shop/own.yml")
    assert main(["render", "spec.yml", "--out", "out", "--proofs", "ci"]) == 0
    assert Path("ci/shop/own.yml").read_text() == "theirs\n"


def test_committed_proofs_of_earlier_versions_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nsignals: [http]\nalerts: [{preset: service_down}]\n"
    )
    assert main(["render", "spec.yml"]) == 0
    from watchkeeper.publish.manifest import MANIFEST, digest

    old = Path("monitoring/proofs/shop/alerts.yml")
    old.parent.mkdir()
    old.write_text("tests: []\n")
    listed = json.loads(Path(MANIFEST).read_text())
    listed["files"][old.as_posix()] = digest(old.read_bytes())
    Path(MANIFEST).write_text(json.dumps(listed))
    assert main(["render", "spec.yml"]) == 0
    assert not old.parent.exists()
    assert Path("monitoring/proofs/shop.md").is_file()
