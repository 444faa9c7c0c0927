"""Dashboards of an objective by a label: it is as good as its worst budget, and a table has a row for each value."""

from __future__ import annotations

from pathlib import Path

from tests.unit.backends.grafana_support import HTTP_ONLY, pages, panel, plan

SLOS = "slos: [{name: o, objective: 99%, sli: {availability: http}, by: [handler]}]\n"


def test_the_table_of_objectives_shows_the_worst_budget(tmp_path: Path) -> None:
    found = pages(plan(tmp_path, HTTP_ONLY + SLOS))
    exprs = [target["expr"] for target in panel(found["checkout/slo.json"], 301)["targets"]]
    state, left, events = exprs[0], exprs[3], exprs[5]
    assert state.startswith("max by (slo) (")
    assert left.startswith("min by (slo) (max by (slo, handler) (slo:error_budget:remaining_ratio")
    assert "avg_over_time" in events
    assert events.startswith("min by (slo) (")
    fleet = panel(found["watchkeeper/all-objectives.json"], 401)["targets"][1]["expr"]
    assert fleet.startswith("min by (team, service, slo) (max by (team, service, slo, handler) (")


def test_a_table_and_a_variable_are_about_the_values(tmp_path: Path) -> None:
    page = pages(plan(tmp_path, HTTP_ONLY + SLOS))["checkout/slo.json"]
    (variable,) = (one for one in page["templating"]["list"] if one["name"] == "handler")
    assert (
        variable["query"]["query"]
        == 'label_values(slo:error_budget:remaining_ratio{service="checkout"}, handler)'
    )
    table = panel(page, 340)
    assert all('handler=~"$handler"' in target["expr"] for target in table["targets"])
    assert all("by (slo, handler)" in target["expr"] for target in table["targets"])


def test_an_objective_with_one_budget_has_neither(tmp_path: Path) -> None:
    page = pages(plan(tmp_path, HTTP_ONLY + SLOS.replace(", by: [handler]", "")))["checkout/slo.json"]
    assert [one["name"] for one in page["templating"]["list"]] == ["datasource", "slo", "instance"]
    assert all(one["id"] != 340 for one in page["panels"])
