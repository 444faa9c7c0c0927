"""The dashboards of a spec: which ones there are, where panels lie, and what never changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.backends import grafana
from watchkeeper.backends.grafana.dashboard import Dashboard, dump
from watchkeeper.backends.grafana.panels import Panel

from .grafana_support import BUNDLED, EVERY_PACK, HTTP_ONLY, overview, pages, panel, panels, plan

SHARED = ["watchkeeper/all-objectives.json", "watchkeeper/api-performance.json"]
SLO = "slos: [{name: up, objective: 99.9%, sli: {availability: http}}]\n"
MANY = "slos:\n" + "".join(
    f"  - {{name: slo{n}, objective: 99%, window: {7 + 21 * (n % 2)}d, sli: {{availability: http}}}}\n" for n in range(60)
)  # fmt: skip


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Give every page of the bundled spec, of a spec with every pack, and of one with 60 objectives."""
    folder = tmp_path_factory.mktemp("spec")
    found = pages(load_plan(BUNDLED))
    found |= {f"every pack {path}": page for path, page in pages(plan(folder, EVERY_PACK)).items()}
    return found | {f"many {path}": page for path, page in pages(plan(folder, HTTP_ONLY + MANY)).items()}


def test_the_bundled_spec_has_its_four_dashboards_and_the_page_of_all_objectives() -> None:
    assert {path: page["title"] for path, page in pages(load_plan(BUNDLED)).items()} == {
        "helloagents/overview.json": "Overview – helloagents",
        "helloagents/slo.json": "SLO – helloagents",
        "watchkeeper/all-objectives.json": "All objectives",
        "watchkeeper/api-performance.json": "API Performance",
        "watchkeeper/sandbox-metrics.json": "Sandbox Metrics",
    }


def test_a_service_without_objectives_has_an_overview_only(tmp_path: Path) -> None:
    assert sorted(pages(plan(tmp_path))) == ["checkout/overview.json", *SHARED]
    assert sorted(pages(plan(tmp_path, HTTP_ONLY + SLO))) == [
        "checkout/overview.json",
        "checkout/slo.json",
        *SHARED,
    ]


def test_a_pack_that_nobody_emits_has_no_page(tmp_path: Path) -> None:
    worker = "version: watchkeeper/v1\nservice: worker\nsignals: [system]\n"
    assert sorted(pages(plan(tmp_path, worker))) == [
        "watchkeeper/all-objectives.json",
        "worker/overview.json",
    ]


def test_no_panel_lies_over_another_or_leaves_the_grid(everything: dict[str, dict[str, Any]]) -> None:
    for path, page in everything.items():
        taken: set[tuple[int, int]] = set()
        for each in page["panels"]:
            place = each["gridPos"]
            across = range(place["x"], place["x"] + place["w"])
            cells = {(x, y) for x in across for y in range(place["y"], place["y"] + place["h"])}
            assert max(across) < 24, (path, each["title"])
            assert not taken & cells, (path, each["title"])
            taken |= cells


def test_a_line_is_as_tall_as_its_tallest_panel() -> None:
    tall, short, wide = (
        Panel(id=1, kind="stat", title="tall", width=12, height=8),
        Panel(id=2, kind="stat", title="short", width=12, height=5),
        Panel(id=3, kind="stat", title="wide", width=24, height=4),
    )
    page = Dashboard("x", "x", "x", (), (), (), (), panels=(tall, short, wide))
    places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in json.loads(dump(page))["panels"]]
    assert places == [(0, 0), (12, 0), (0, 8)]


def test_ids_and_uids_are_unique_and_short_enough(everything: dict[str, dict[str, Any]]) -> None:
    for path, page in everything.items():
        ids = [each["id"] for each in page["panels"]]
        assert len(ids) == len(set(ids)), path
        assert 0 < len(page["uid"]) <= 40


def test_a_panel_has_one_id_on_every_page(everything: dict[str, dict[str, Any]]) -> None:
    titles: dict[int, set[str]] = {}
    for page in everything.values():
        for each in page["panels"]:
            titles.setdefault(each["id"], set()).add(each["title"].partition(" over ")[0])
    assert {number: found for number, found in titles.items() if len(found) > 1} == {}


def test_every_panel_says_what_it_shows_and_in_which_unit(everything: dict[str, dict[str, Any]]) -> None:
    for page in everything.values():
        for each in panels(page):
            assert each["description"].endswith("."), each["title"]
            assert each["fieldConfig"]["defaults"]["unit"], each["title"]


def test_queries_of_a_panel_are_named_in_order(everything: dict[str, dict[str, Any]]) -> None:
    for page in everything.values():
        for each in panels(page):
            names = "".join(target["refId"] for target in each["targets"])
            assert names == "ABCDEFGHIJKL"[: len(names)] != ""


def test_numbers_are_of_now_and_not_the_last_that_were_seen(everything: dict[str, dict[str, Any]]) -> None:
    for page in everything.values():
        for each in panels(page):
            over_time = each["type"] in ("timeseries", "heatmap")
            for target in each["targets"]:
                assert (target["range"], target["instant"]) == (over_time, not over_time)


def test_every_distribution_links_to_single_traces(everything: dict[str, dict[str, Any]]) -> None:
    for page in everything.values():
        for each in panels(page):
            exprs = [target["expr"] for target in each["targets"]]
            over_time = each["type"] in ("timeseries", "heatmap") and "_seconds_bucket" in exprs[-1]
            single = "topk" not in exprs[-1]
            assert any(target.get("exemplar") for target in each["targets"]) == (over_time and single), each[
                "title"
            ]


def test_each_page_is_one_that_provisioning_takes(everything: dict[str, dict[str, Any]]) -> None:
    for page in everything.values():
        expected = {"editable": False, "graphTooltip": 1, "schemaVersion": 41}
        assert {key: page[key] for key in expected} == expected
        assert "id" not in page
        assert page["description"].startswith("Code generated by watchkeeper from ")
        ranges = [each["from"] for each in page["timepicker"]["quick_ranges"]]
        assert ranges == ["now-1h", "now-6h", "now-24h", "now-7d", "now-30d"]


def test_links_lead_to_the_stack_as_people_reach_it_in_the_same_minutes(tmp_path: Path) -> None:
    text = (
        HTTP_ONLY + "runbook_base_url: https://runbooks.example.com/\n"
        "stack: {external_host: watch.example.com, ports: {jaeger: 26686, alertmanager: 29093}}\n"
    )
    page = overview(plan(tmp_path, text))
    minutes = "start=${__from}000&end=${__to}000&lookback=custom"
    assert {link["title"]: link["url"] for link in page["links"]} == {
        "All objectives": f"/d/{naming.FLEET_UID}",
        "API Performance": f"/d/{naming.API_UID}?var-service=checkout",
        "Traces": f"http://watch.example.com:26686/search?service=checkout&{minutes}",
        "Alerts": "http://watch.example.com:29093/#/alerts?filter={service%3D%22checkout%22}",
        "Runbooks": "https://runbooks.example.com/checkout",
    }
    assert {link["title"] for link in page["links"] if link["keepTime"]} == {
        "All objectives",
        "API Performance",
    }
    (link,) = panel(page, 15)["fieldConfig"]["defaults"]["links"]
    assert link["url"] == f"http://watch.example.com:26686/search?service=checkout&{minutes}"
    alert = next(o for o in panel(page, 3)["fieldConfig"]["overrides"] if o["matcher"]["options"] == "Alert")
    found = [each["url"] for one in alert["properties"] if one["id"] == "links" for each in one["value"]]
    assert found == [
        "https://runbooks.example.com/checkout/${__data.fields.alertname}.md",
        (
            "http://watch.example.com:29093/#/alerts"
            "?filter={service%3D%22checkout%22%2Calertname%3D%22${__data.fields.alertname}%22}"
        ),
    ]


def test_without_an_address_of_runbooks_there_is_no_link_to_them(tmp_path: Path) -> None:
    assert "Runbooks" not in [link["title"] for link in overview(plan(tmp_path))["links"]]


def test_alerts_and_starts_are_marked_over_every_time_series() -> None:
    marks = overview(load_plan(BUNDLED))["annotations"]["list"]
    assert [(mark["target"]["expr"], mark.get("useValueForTime")) for mark in marks] == [
        ('ALERTS{service="helloagents",alertstate="firing"}', None),
        ('process_start_time_seconds{service="helloagents",instance=~"$instance"} * 1000', True),
    ]


def test_the_chosen_data_source_answers_every_query(everything: dict[str, dict[str, Any]]) -> None:
    for page in everything.values():
        first = page["templating"]["list"][0]
        assert (first["name"], first["type"], first["current"]["value"]) == (
            "datasource",
            "datasource",
            "prometheus",
        )
        asked = [each["datasource"] for each in panels(page)]
        asked += [target["datasource"] for each in panels(page) for target in each["targets"]]
        assert {one["uid"] for one in asked} == {"${datasource}"}


def test_sixty_objectives_make_a_page_of_the_same_size_on_which_the_reader_chooses(tmp_path: Path) -> None:
    few, many = (
        pages(plan(tmp_path, HTTP_ONLY + text))["checkout/slo.json"] for text in (SLO, MANY)
    )  # fmt: skip
    assert len(few["panels"]) == len(many["panels"])
    (_, few_slos, _), (_, many_slos, _) = few["templating"]["list"], many["templating"]["list"]
    assert (few_slos["current"]["value"], few_slos["query"]) == (["$__all"], "up")
    assert many_slos["current"]["value"] == "slo0"
    assert many_slos["query"].split(",") == [f"slo{n}" for n in range(60)]
    assert [each["repeat"] for each in many["panels"] if "repeat" in each] == ["slo"]


def test_budgets_of_objectives_with_different_windows_are_those_of_their_own(tmp_path: Path) -> None:
    page = pages(plan(tmp_path, HTTP_ONLY + MANY))["checkout/slo.json"]
    (expr,) = (target["expr"] for target in panel(page, 305)["targets"])
    assert expr.count(" or ") == 1
    assert expr.count("* 604800") == expr.count("* 2419200") == 1


def test_services_of_one_shape_have_pages_that_differ_by_name_only(tmp_path: Path) -> None:
    text = "version: watchkeeper/v1\nservices: [{service: ledger}, {service: checkout}]\n"
    found = grafana.render(plan(tmp_path, text))
    ledger, checkout = (found[naming.dashboard_path(name, "overview")] for name in ("ledger", "checkout"))
    assert ledger.replace("ledger", "checkout") == checkout
    assert "wk-this" not in ledger + checkout


def test_a_long_name_has_a_uid_of_its_ends_that_promql_makes_too(tmp_path: Path) -> None:
    name = f"payments-{'x' * 40}-worker"
    found = pages(plan(tmp_path, HTTP_ONLY.replace("checkout", name) + SLO))
    assert found[f"{name}/slo.json"]["uid"] == f"wk-slo-payments-{'x' * 11}-{'x' * 5}-worker"
    fleet = found["watchkeeper/all-objectives.json"]
    assert naming.LONG_PAGE_ID in panel(fleet, 401)["targets"][0]["expr"]


def test_equal_plans_give_equal_bytes() -> None:
    assert grafana.render(load_plan(BUNDLED)) == grafana.render(load_plan(BUNDLED))


def test_the_users_texts_change_no_query_and_no_page_breaks(tmp_path: Path) -> None:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    odd = """say "hi" $slo ${service} [[instance]] {{x}} a/b 🙂 \u202e مرحبا""" + "x" * 250
    text = (
        f"version: watchkeeper/v1\nservice: checkout\nteam: {quoted(odd[:60])}\ndescription: {quoted(odd)}\n"
        f"signals: [http]\nlabels: {{tier: {quoted(odd[:60])}}}\nrunbook_base_url: 'https://r.example.com/a%22$slo'\n"
        f"slos: [{{name: up, objective: 99.9%, description: {quoted(odd)}, sli: {{availability: http}}}}]\n"
        f"alerts: [{{preset: service_down, description: {quoted(odd)}}}]\n"
    )
    plain = HTTP_ONLY + SLO
    path = tmp_path / 'my "$slo" {{x}} 🙂.yml'
    path.write_text(text, encoding="utf-8")
    found, expected = pages(load_plan(path)), pages(plan(tmp_path, plain))
    assert found.keys() == expected.keys()
    for name, page in found.items():
        assert [target["expr"] for each in panels(page) for target in each["targets"]] == [
            target["expr"] for each in panels(expected[name]) for target in each["targets"]
        ]
        assert path.name in page["description"]
    rows = [each for each in found["checkout/overview.json"]["links"] if each["title"] == "Runbooks"]
    assert [each["url"] for each in rows] == ["https://r.example.com/a%22%24slo/checkout"]
