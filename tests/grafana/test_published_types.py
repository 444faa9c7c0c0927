"""Every dashboard is one that Grafana's own types and registries know; planted mistakes are found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from watchkeeper.model.stack import Images

Page = dict[str, Any]
Problems = Callable[[list[Page]], list[list[str]]]
Mistake = Callable[[Page], None]


def panel(page: Page, identifier: int) -> Page:
    found: Page = next(each for each in page["panels"] if each["id"] == identifier)
    return found


def defaults(page: Page, identifier: int) -> Page:
    found: Page = panel(page, identifier)["fieldConfig"]["defaults"]
    return found


def put(target: Callable[[Page], Page], **values: object) -> Mistake:
    return lambda page: target(page).update(values)


STAT, TIME_SERIES, TABLE = 11, 15, 3
OVERVIEW = "helloagents/overview.json"
MISTAKES: dict[str, tuple[Mistake, str]] = {
    "an unknown unit": (put(lambda p: defaults(p, STAT), unit="reqpz"), '"reqpz" is no unit'),
    "a unit among the options": (
        put(lambda p: panel(p, STAT)["options"], unit="s"),
        '"unit"\' does not exist',
    ),
    "no unit": (lambda p: defaults(p, STAT).pop("unit"), "'unit' is missing"),
    "no description": (lambda p: panel(p, STAT).pop("description"), "'description' is missing"),
    "a misspelt option": (
        put(lambda p: panel(p, STAT)["options"], graphMod="none"),
        '"graphMod"\' does not exist',
    ),
    "another panel's option": (
        put(lambda p: panel(p, TIME_SERIES)["options"], graphMode="none"),
        '"graphMode"\' does not exist',
    ),
    "a misspelt line setting": (
        put(lambda p: defaults(p, TIME_SERIES)["custom"], lineWidht=2),
        '"lineWidht"\' does not exist',
    ),
    "a bad enum": (
        put(lambda p: panel(p, TIME_SERIES)["options"]["legend"], displayMode="tabel"),
        "'\"tabel\"' is not assignable",
    ),
    "a bad place of the legend": (
        put(lambda p: panel(p, TIME_SERIES)["options"]["legend"], placement="below"),
        "'\"below\"' is not assignable",
    ),
    "a bad line style": (
        put(lambda p: defaults(p, TIME_SERIES)["custom"]["thresholdsStyle"], mode="dotted"),
        "'\"dotted\"' is not assignable",
    ),
    "a bad number for an enum": (lambda p: p.update(graphTooltip=7), "'7' is not assignable"),
    "an unknown kind of variable": (
        put(lambda p: p["templating"]["list"][0], type="costum"),
        "'\"costum\"' is not assignable",
    ),
    "an unknown kind of panel": (put(lambda p: panel(p, STAT), type="singlestat"), "'never'"),
    "an unknown override": (
        put(lambda p: panel(p, TABLE)["fieldConfig"]["overrides"][0]["properties"][0], id="linkz"),
        "'\"linkz\"' is not assignable",
    ),
    "another data source": (
        put(lambda p: panel(p, STAT)["datasource"], uid="prom"),
        "'\"prom\"' is not assignable",
    ),
    "a misspelt quick range": (
        lambda p: p["timepicker"]["quick_ranges"][0].update(form="x"),
        '"form"\' does not exist',
    ),
    "an editable dashboard": (lambda p: p.update(editable=True), "'true' is not assignable to type 'false'"),
    "a misspelt setting of the page": (lambda p: p.update(graphToolTip=1), '"graphToolTip"\' does not exist'),
    "an unknown reducer": (
        put(lambda p: panel(p, STAT)["options"]["reduceOptions"], calcs=["lastNotNil"]),
        '"lastNotNil" is no reducer',
    ),
    "an unknown colour": (
        put(lambda p: defaults(p, STAT)["thresholds"]["steps"][0], color="gren"),
        '"gren" is no colour',
    ),
    "thresholds that do not rise": (
        put(lambda p: defaults(p, STAT)["thresholds"]["steps"][-1], value=-1),
        "thresholds do not rise",
    ),
    "an id used twice": (put(lambda p: panel(p, STAT), id=TIME_SERIES), "its id is used twice"),
    "a panel off the grid": (put(lambda p: panel(p, STAT)["gridPos"], x=21), "are off the grid"),
    "a panel over another": (
        lambda p: panel(p, STAT).update(gridPos=panel(p, TABLE)["gridPos"]),
        "lies over panel",
    ),
    "two queries with one name": (
        put(lambda p: panel(p, TIME_SERIES)["targets"][1], refId="A"),
        "two of its queries have one refId",
    ),
    "an instant query over time": (
        put(lambda p: panel(p, TIME_SERIES)["targets"][0], instant=True),
        "'true' is not assignable to type 'false'",
    ),
}


@pytest.fixture(scope="module")
def findings(dashboards: dict[str, Page], problems_of: Problems) -> dict[str, list[str]]:
    """Check the rendered dashboards, and one with each mistake, in a single run."""
    pages = dict(dashboards)
    for name, (plant, _) in MISTAKES.items():
        page = copy.deepcopy(dashboards[OVERVIEW])
        page["panels"] = [each for each in page["panels"] if each["id"] in (STAT, TIME_SERIES, TABLE)]
        plant(page)
        pages[name] = page
    return dict(zip(pages, problems_of(list(pages.values())), strict=True))


def test_grafana_knows_everything_that_a_rendered_dashboard_says(
    dashboards: dict[str, Page], findings: dict[str, list[str]]
) -> None:
    assert {name: findings[name] for name in dashboards} == {name: [] for name in dashboards}


def test_each_planted_mistake_is_found_and_nothing_else(findings: dict[str, list[str]]) -> None:
    surprises = {
        name: findings[name]
        for name, (_, sign) in MISTAKES.items()
        if [sign in each for each in findings[name]] != [True]
    }
    assert surprises == {}


PROVISIONING: dict[str, tuple[str, str, str]] = {
    "a misspelt key": ("datasources", "    url:", "    uri:"),
    "another data source": ("datasources", "datasourceUid: jaeger", "datasourceUid: traces"),
    "an unknown kind": ("datasources", "type: prometheus", "type: prom"),
    "a setting of another kind": ("datasources", "implementation: prometheus", "httpMethod: POST"),
    "a provider with a folder": ("dashboards", "    type: file", "    type: file\n    folder: x"),
    "a provider whose dashboards are edited": ("dashboards", "allowUiUpdates: false", "allowUiUpdates: true"),
}


def test_grafana_knows_the_provisioning_files_and_planted_mistakes_are_found(problems_of: Problems) -> None:
    folder = Path(__file__).parents[2] / "monitoring/grafana/provisioning"
    texts = {kind: (folder / kind / f"{kind}.yaml").read_text() for kind in ("datasources", "dashboards")}
    planted = [texts[kind].replace(old, new, 1) for kind, old, new in PROVISIONING.values()]
    assert not set(planted) & set(texts.values())
    found = problems_of([yaml.safe_load(text) for text in (*texts.values(), *planted)])
    assert found[:2] == [[], []]
    assert [name for name, problems in zip(PROVISIONING, found[2:], strict=True) if len(problems) != 1] == []


def test_the_checked_grafana_is_the_one_that_runs(dashboards: dict[str, Page]) -> None:
    versions = {each.get("pluginVersion") for each in dashboards[OVERVIEW]["panels"]} - {None}
    assert versions == {Images().grafana.removeprefix("grafana/grafana:")}


def test_the_lock_file_names_no_registry() -> None:
    """Renew it with `npm install --package-lock-only --legacy-peer-deps --omit-lockfile-registry-resolved`."""
    text = (Path(__file__).parent / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []
