"""The Overview: what it shows of which plan, where things lie, and what never changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper import contract, naming
from watchkeeper.backends import grafana
from watchkeeper.backends.grafana.dashboard import Annotation, Dashboard, Variable, dump
from watchkeeper.backends.grafana.pack_panels import SECTIONS
from watchkeeper.backends.grafana.panels import Panel

from .grafana_support import BUNDLED, HTTP_ONLY, overview, panel, panels, plan

WORKER = "version: watchkeeper/v1\nservice: worker\nsignals: [system]\n"


@pytest.fixture(scope="module")
def bundled() -> dict[str, Any]:
    return overview(load_plan(BUNDLED))


def titles(page: dict[str, Any]) -> list[str]:
    return [each["title"] for each in page["panels"]]


def test_the_golden_signals_come_first_and_large(bundled: dict[str, Any]) -> None:
    top = [(each["title"], each["type"]) for each in bundled["panels"] if each["gridPos"]["y"] == 0]
    assert top == [
        ("Firing alerts", "stat"),
        ("Targets", "stat"),
        ("Request rate", "stat"),
        ("Error ratio", "stat"),
        ("p95 latency", "stat"),
        ("Availability", "stat"),
    ]


def test_each_emitted_pack_has_its_section(bundled: dict[str, Any]) -> None:
    headings = [each["title"] for each in bundled["panels"] if each["type"] == "row"]
    assert headings == ["Code sandbox", "AI assistant", "Process"]


def test_a_service_with_http_alone_gets_no_other_section(tmp_path: Path) -> None:
    assert titles(overview(plan(tmp_path, HTTP_ONLY))) == [
        "Firing alerts", "Targets", "Request rate", "Error ratio", "p95 latency", "Availability", "Error ratio",
        "Latency", "Request rate", "Firing alerts",
    ]  # fmt: skip


def test_a_service_without_http_gets_no_http_panel(tmp_path: Path) -> None:
    assert titles(overview(plan(tmp_path, WORKER))) == [
        "Firing alerts", "Targets", "Firing alerts", "Process", "Memory", "CPU",
    ]  # fmt: skip


def test_panels_keep_their_ids_whatever_else_is_shown(tmp_path: Path, bundled: dict[str, Any]) -> None:
    everywhere = {each["id"]: each["title"] for each in bundled["panels"]}
    for text in (HTTP_ONLY, WORKER):
        ids = {each["id"]: each["title"] for each in overview(plan(tmp_path, text))["panels"]}
        assert ids.items() <= everywhere.items()


def test_no_panel_id_is_there_twice_and_each_pack_keeps_to_its_block(tmp_path: Path) -> None:
    everything = plan(tmp_path, f"{HTTP_ONLY}signals: [{', '.join(contract.PACKS)}]\n")
    ids = [each["id"] for each in overview(everything)["panels"]]
    assert len(ids) > 20
    assert [one for one in ids if ids.count(one) > 1] == []
    blocks = []
    for section in SECTIONS.values():
        heading, *shown = section(everything)
        assert (heading.kind, heading.id % 10) == ("row", 0)
        assert {each.id for each in shown} <= set(range(heading.id + 1, heading.id + 10))
        blocks.append(heading.id)
    recipe = (BUNDLED.parents[1] / "docs" / "extending.md").read_text()
    assert f"The next free block is {max(blocks) + 10} to {max(blocks) + 19}." in recipe


@pytest.mark.parametrize("spec", ["bundled", "http", "worker"])
def test_no_panel_lies_over_another_or_leaves_the_grid(
    spec: str, tmp_path: Path, bundled: dict[str, Any]
) -> None:
    page = bundled if spec == "bundled" else overview(plan(tmp_path, HTTP_ONLY if spec == "http" else WORKER))
    taken: set[tuple[int, int]] = set()
    for each in page["panels"]:
        place = each["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not taken & cells
        taken |= cells


def test_a_line_is_as_tall_as_its_tallest_panel() -> None:
    tall, short, wide = (
        Panel(id=1, kind="stat", title="tall", width=12, height=8),
        Panel(id=2, kind="stat", title="short", width=12, height=5),
        Panel(id=3, kind="stat", title="wide", width=24, height=4),
    )
    page = Dashboard(
        uid="x",
        title="x",
        description="x",
        tags=(),
        variable=Variable("service", "Service", "x", ("checkout",)),
        annotation=Annotation("Alerts", "ALERTS", "x", ()),
        links=(),
        panels=(tall, short, wide),
    )
    places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in json.loads(dump(page))["panels"]]
    assert places == [(0, 0), (12, 0), (0, 8)]


def test_every_panel_says_what_it_shows_and_in_which_unit(bundled: dict[str, Any]) -> None:
    for each in panels(bundled):
        assert each["description"].endswith("."), each["title"]
        assert each["fieldConfig"]["defaults"]["unit"], each["title"]


def test_queries_of_a_panel_are_named_in_order(bundled: dict[str, Any]) -> None:
    for each in panels(bundled):
        names = "".join(target["refId"] for target in each["targets"])
        assert names == "ABCDEFGH"[: len(names)] != ""


def test_large_numbers_are_of_now_and_not_the_last_that_were_seen(bundled: dict[str, Any]) -> None:
    for each in panels(bundled):
        for target in each["targets"]:
            over_time = each["type"] == "timeseries"
            assert (target["range"], target["instant"]) == (over_time, not over_time)


def test_latencies_lead_to_single_traces(bundled: dict[str, Any]) -> None:
    with_exemplars = {
        each["title"] for each in panels(bundled) for target in each["targets"] if target["exemplar"]
    }
    assert with_exemplars == {"Latency", "Execution time p95", "Response time p95"}


def test_the_reader_chooses_one_service_or_all(tmp_path: Path) -> None:
    text = "version: watchkeeper/v1\nservices: [{service: ledger}, {service: checkout}]\n"
    (variable,) = overview(plan(tmp_path, text))["templating"]["list"]
    assert (variable["name"], variable["query"], variable["multi"]) == ("service", "checkout,ledger", False)
    assert [option["value"] for option in variable["options"]] == ["$__all", "checkout", "ledger"]
    assert (variable["includeAll"], variable["allValue"]) == (True, ".*")


def test_links_lead_to_the_stack_as_people_reach_it(tmp_path: Path) -> None:
    text = (
        HTTP_ONLY + "runbook_base_url: https://runbooks.example.com\n"
        "stack: {external_host: watch.example.com, ports: {jaeger: 26686, alertmanager: 29093}}\n"
    )
    page = overview(plan(tmp_path, text))
    assert {link["title"]: link["url"] for link in page["links"]} == {
        "Traces": "http://watch.example.com:26686/search",
        "Alerts": "http://watch.example.com:29093/#/alerts",
        "Runbooks": "https://runbooks.example.com",
    }
    (link,) = panel(page, 15)["fieldConfig"]["defaults"]["links"]
    assert link["url"] == "http://watch.example.com:26686/search?service=${__field.labels.service}"


def test_without_an_address_of_runbooks_there_is_no_link_to_them(tmp_path: Path) -> None:
    assert [link["title"] for link in overview(plan(tmp_path))["links"]] == ["Traces", "Alerts"]


def test_firing_alerts_are_marked_over_every_time_series(bundled: dict[str, Any]) -> None:
    (mark,) = bundled["annotations"]["list"]
    assert (mark["enable"], mark["target"]["expr"]) == (
        True,
        'ALERTS{service=~"$service",alertstate="firing"}',
    )


def test_the_page_is_one_that_provisioning_takes(bundled: dict[str, Any]) -> None:
    expected = {"editable": False, "graphTooltip": 1, "schemaVersion": 41, "uid": naming.OVERVIEW_UID}
    assert {key: bundled[key] for key in expected} == expected
    assert "id" not in bundled


def test_time_ranges_are_one_click_away(bundled: dict[str, Any]) -> None:
    ranges = [(each["from"], each["to"]) for each in bundled["timepicker"]["quick_ranges"]]
    assert ranges == [("now-1h", "now"), ("now-6h", "now"), ("now-24h", "now"), ("now-7d", "now")]


def test_the_page_says_who_owns_it(bundled: dict[str, Any]) -> None:
    assert bundled["description"].startswith(
        "Code generated by watchkeeper from monitoring/SLO_DEFINITIONS.yml. DO NOT EDIT."
    )


def test_equal_plans_give_equal_bytes() -> None:
    assert grafana.render(load_plan(BUNDLED)) == grafana.render(load_plan(BUNDLED))
