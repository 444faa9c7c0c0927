"""Every rule of dashboards finds its fault and nothing else, and a series that nobody records names its panels."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.pipeline import render_files
from watchkeeper.verify.dashboards.check_grafana import check_grafana
from watchkeeper.verify.dashboards.dashboard_rules import RULES, problems
from watchkeeper.verify.dashboards.shown_panels import Content, Page
from watchkeeper.verify.outcome import Outcome

ROOT = Path(__file__).parents[3]
BUNDLED = ROOT / "monitoring" / "SLO_DEFINITIONS.yml"
FOLDER = "monitoring/grafana/dashboards"
OVERVIEW, FLEET = f"{FOLDER}/helloagents/overview.json", f"{FOLDER}/watchkeeper/all-objectives.json"
SOURCES = "monitoring/grafana/provisioning/datasources/datasources.yaml"
PROVIDER = "monitoring/grafana/provisioning/dashboards/dashboards.yaml"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return render_files(load_plan(BUNDLED))


def panel(page: Json, identifier: int) -> Json:
    found: Json = next(each for each in page["panels"] if each["id"] == identifier)
    return found


def variable(page: Json, name: str) -> Json:
    found: Json = next(each for each in page["templating"]["list"] if each["name"] == name)
    return found


def with_expr(expr: str) -> Callable[[Json], object]:
    return lambda page: panel(page, 10)["targets"][0].update(expr=expr)


REQUESTS = 'http_requests_total{service="helloagents",instance=~"$instance"}'
FAULTS: dict[str, tuple[Callable[[Json], object], str]] = {
    "template-datasource": (lambda page: variable(page, "datasource").update(query="loki"), "`datasource`"),
    "template-instance": (lambda page: variable(page, "instance").update(multi=False), "`instance`"),
    "template-label-promql": (
        lambda page: variable(page, "instance")["query"].update(query="label_values(up{, instance)"),
        "`instance`",
    ),
    "template-on-time-change-reload": (
        lambda page: variable(page, "instance").update(refresh=1),
        "`instance`",
    ),
    "panel-datasource": (
        lambda page: panel(page, 10)["targets"][0]["datasource"].update(uid="prom"),
        "panel 10",
    ),
    "panel-title-description": (lambda page: panel(page, 10).update(description=""), "panel 10"),
    "panel-units": (lambda page: panel(page, 10)["fieldConfig"]["defaults"].pop("unit"), "panel 10"),
    "panel-no-targets": (lambda page: panel(page, 10).update(targets=[]), "panel 10"),
    "target-promql": (with_expr("sum("), "panel 10 (Request rate)"),
    "target-rate-interval": (with_expr(f"sum(rate({REQUESTS}[5m]))"), "a rate over 300 s"),
    "target-instance": (
        with_expr('sum(rate(http_requests_total{service="helloagents"}[$__rate_interval]))'),
        "http_requests_total of every instance",
    ),
    "target-counter-agg": (
        with_expr(f"sum({REQUESTS}) / sum(rate({REQUESTS}[$__rate_interval]))"),
        "the counter http_requests_total",
    ),
    "uneditable-dashboard": (lambda page: page.update(editable=True), "edited"),
    "panel-grid": (lambda page: panel(page, 10)["gridPos"].update(x=0), "panel 10 (Request rate) lies over"),
    "panel-id": (lambda page: panel(page, 10).update(id=777), ""),
    "target-name": (lambda page: panel(page, 1)["targets"][1].update(refId="A"), "panel 1"),
}


def of_page(page: Json) -> list[str]:
    return list(problems(Page("helloagents/overview.json", "", Content(page, "helloagents"))))


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_finds_its_fault_and_no_other_does(rule: str, files: dict[str, str]) -> None:
    page = json.loads(files[OVERVIEW])
    assert of_page(page) == []
    plant, words = FAULTS[rule]
    plant(page)
    if rule == "panel-id":
        panel(page, 11)["id"] = 777
    found = of_page(page)
    assert found
    assert {text.rpartition("[")[2] for text in found} == {f"{rule}]"}
    assert any(words in text for text in found), found


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (lambda page: panel(page, 10)["gridPos"].update(x=22), "leaves the grid"),
        (lambda page: page.update(schemaVersion=42), "schema after 41"),
        (lambda page: page.update(uid="x" * 41), "longer than 40"),
        (lambda page: page["annotations"]["list"][0].update(datasource={"uid": "p"}), "annotation Alerts"),
        (lambda page: page["annotations"]["list"][0]["target"].update(expr="("), "annotation Alerts"),
    ],
)
def test_other_faults_of_a_page_are_found_too(
    plant: Callable[[Json], object], words: str, files: dict[str, str]
) -> None:
    page = json.loads(files[OVERVIEW])
    plant(page)
    assert [text for text in of_page(page) if words in text]


def test_every_rule_has_a_row_in_the_documentation() -> None:
    text = (ROOT / "docs/reference/dashboard-checks.md").read_text(encoding="utf-8")
    section = text.partition("## Rules of one dashboard")[2].partition("## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == list(RULES)


def checked(folder: Path, files: dict[str, str]) -> dict[str, Outcome]:
    for path, text in files.items():
        if path.startswith(("monitoring/grafana", "monitoring/prometheus/rules")):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    dashboards = [path for path in files if path.startswith(FOLDER)]
    return {one.check: one for one in check_grafana(load_plan(BUNDLED), folder, dashboards)}


def test_what_is_rendered_passes(tmp_path: Path, files: dict[str, str]) -> None:
    found = checked(tmp_path, files)
    assert {name: one.verdict for name, one in found.items()} == {
        "dashboards": "ok",
        "grafana provisioning": "ok",
    }
    assert re.fullmatch(r"5 dashboards with \d+ panels and \d+ queries", found["dashboards"].detail)


def test_a_renamed_recording_names_every_panel_that_reads_it(tmp_path: Path, files: dict[str, str]) -> None:
    rules = "monitoring/prometheus/rules/helloagents/api-latency.yml"
    changed = files[rules].replace("record: slo:error_budget:remaining_ratio", "record: slo:budget:remaining")
    one = checked(tmp_path, {**files, rules: changed})["dashboards"]
    assert one.verdict == "failed"
    assert one.detail.startswith(
        f"{rules} does not record slo:error_budget:remaining_ratio, but it is read by"
    )
    shown = [json.loads(text) for path, text in files.items() if path.startswith(FOLDER)]
    readers = {
        f"panel {each['id']} ({each['title']})"
        for page in shown
        for each in page["panels"]
        if "slo:error_budget:remaining_ratio" in json.dumps(each.get("targets", ""))
    }
    assert len(readers) > 8
    # The promise is kept by another objective.
    assert {reader for reader in readers if reader not in one.detail} == {"panel 321 (Availability)"}
    assert "api-availability" not in one.detail


def test_a_panel_that_reads_what_nothing_makes_is_named(tmp_path: Path, files: dict[str, str]) -> None:
    page = json.loads(files[OVERVIEW])
    panel(page, 10)["targets"][0]["expr"] = "sum(http_request_total)"
    one = checked(tmp_path, {**files, OVERVIEW: json.dumps(page)})["dashboards"]
    assert one.detail == (
        "nothing exposes or records http_request_total, but it is read by panel 10 (Request rate)"
        " of helloagents/overview.json"
    )


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (
            lambda page: page.update(uid="watchkeeper-all-objectives"),
            "has the uid watchkeeper-all-objectives of",
        ),
        (lambda page: page.update(uid="other"), "links to /d/wk-svc-helloagents, which no dashboard has"),
    ],
)
def test_addresses_of_dashboards_lead_to_one_of_them(
    plant: Callable[[Json], object], words: str, tmp_path: Path, files: dict[str, str]
) -> None:
    page = json.loads(files[OVERVIEW])
    plant(page)
    assert words in checked(tmp_path, {**files, OVERVIEW: json.dumps(page)})["dashboards"].detail


@pytest.mark.parametrize(
    ("text", "words"), [("{", "is no JSON"), ("[]", "is no dashboard"), (None, "is missing")]
)
def test_a_file_that_is_no_dashboard_is_named(
    text: str | None, words: str, tmp_path: Path, files: dict[str, str]
) -> None:
    checked(tmp_path, files)
    if text is None:
        (tmp_path / FLEET).unlink()
        found = next(iter(check_grafana(load_plan(BUNDLED), tmp_path, [FLEET])))
    else:
        found = checked(tmp_path, {**files, FLEET: text})["dashboards"]
    assert found.verdict == "failed"
    assert f"{FLEET} {words}" in found.detail


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        (SOURCES, "uid: jaeger", "uid: traces", "prometheus refers to jaeger, which is no data source"),
        (SOURCES, "uid: alertmanager", "uid: am", "the data source alertmanager is missing"),
        (PROVIDER, "foldersFromFilesStructure: true", "foldersFromFilesStructure: false", "does not show the folders"),
        (PROVIDER, "    type: file", "    type: file\n    folder: x", "names a folder"),
        (PROVIDER, "providers:", "providers: [", "does not show the folders"),
    ],
)  # fmt: skip
def test_a_fault_of_provisioning_is_found(
    path: str, old: str, new: str, words: str, tmp_path: Path, files: dict[str, str]
) -> None:
    assert old in files[path]
    one = checked(tmp_path, {**files, path: files[path].replace(old, new)})["grafana provisioning"]
    assert one.verdict == "failed"
    assert words in one.detail


def test_the_dashboards_of_equal_services_are_each_compared_with_their_own_rules(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yml"
    services = ", ".join(
        f"{{service: {name}, slos: [{{name: up, objective: 99%, sli: {{availability: http}}}}]}}"
        for name in ("checkout", "ledger", "sum")
    )
    spec.write_text(f"version: watchkeeper/v1\nservices: [{services}]\n")
    plan = load_plan(spec)
    rendered = render_files(plan)
    rules = "monitoring/prometheus/rules/ledger/up.yml"
    rendered[rules] = rendered[rules].replace("record: slo:bad:rate_tile", "record: x")
    for path, text in rendered.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    dashboards = [path for path in rendered if path.startswith(FOLDER)]
    found = next(iter(check_grafana(plan, tmp_path, dashboards))).detail
    assert found == (
        f"{rules} does not record slo:bad:rate_tile, but it is read by panel 308 (Burn-down over 30d) of ledger/slo.json"
    )


def test_verify_exits_with_1_and_names_the_panels(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    promtool: str,
    amtool: str,
    jaeger: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert main(["render"]) == 0
    # The page is changed and not the rules: what was proven of these once is not played again for it.
    page = tmp_path / FOLDER / "my-service/slo.json"
    page.write_text(page.read_text().replace("slo:burn_rate:6h", "slo:burn_rate:360m"))
    capsys.readouterr()
    assert main(["verify"]) == 1
    (line,) = (one for one in capsys.readouterr().out.splitlines() if one.startswith("failed  dashboards"))
    assert "panel 310 (Burn rates) of my-service/slo.json" in line


def test_a_page_is_not_changed_by_checks(files: dict[str, str]) -> None:
    page = json.loads(files[OVERVIEW])
    before = copy.deepcopy(page)
    of_page(page)
    assert page == before
