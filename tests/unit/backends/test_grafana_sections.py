"""The Overview of a service: the order of what it shows, and a section for each signal pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper import contract
from watchkeeper.backends.grafana.sections.pack_panels import SECTIONS

from .grafana_support import BUNDLED, EVERY_PACK, HTTP_ONLY, overview, pages, panels, plan

WORKER = "version: watchkeeper/v1\nservice: worker\nsignals: [system]\n"


@pytest.fixture(scope="module")
def bundled() -> dict[str, Any]:
    return overview(load_plan(BUNDLED))


def titles(page: dict[str, Any]) -> list[str]:
    return [each["title"] for each in page["panels"]]


def headings(page: dict[str, Any]) -> list[str]:
    return [each["title"] for each in page["panels"] if each["type"] == "row"]


def test_the_golden_signals_come_first_and_large(bundled: dict[str, Any]) -> None:
    top = [(each["title"], each["type"]) for each in bundled["panels"] if each["gridPos"]["y"] == 0]
    assert top == [
        ("Firing alerts", "stat"),
        ("Targets", "stat"),
        ("Error ratio", "stat"),
        ("p95 latency", "stat"),
        ("Request rate", "stat"),
        ("Availability, 30 days", "stat"),
    ]


def test_budgets_come_before_requests_and_those_before_saturation_and_dependencies(
    bundled: dict[str, Any],
) -> None:
    assert titles(bundled)[6:10] == ["Objectives", "Firing alerts", "Budget left", "Burn rate"]
    assert headings(bundled) == [
        "Requests", "Operations", "Web pages", "Process and machine", "Code sandbox", "AI assistant", "Database",
        "Checkpoints", "Health checks",
    ]  # fmt: skip


def test_every_pack_has_its_section(tmp_path: Path) -> None:
    assert {"http", *SECTIONS} == set(contract.PACKS)
    assert len(headings(overview(plan(tmp_path, EVERY_PACK)))) == len(contract.PACKS)


def test_a_service_with_http_alone_gets_no_other_section(tmp_path: Path) -> None:
    page = overview(plan(tmp_path, HTTP_ONLY))
    assert headings(page) == ["Requests"]
    assert len(panels(page)) == 10


def test_a_service_without_http_gets_no_http_panel(tmp_path: Path) -> None:
    page = overview(plan(tmp_path, WORKER))
    assert titles(page)[:4] == ["Firing alerts", "Targets", "Firing alerts", "Process and machine"]
    assert not [each for each in titles(page) if "equest" in each]


def test_panels_keep_their_ids_whatever_else_is_shown(tmp_path: Path, bundled: dict[str, Any]) -> None:
    everywhere = {each["id"]: each["title"] for each in bundled["panels"]}
    for text in (HTTP_ONLY, WORKER):
        ids = {each["id"]: each["title"] for each in overview(plan(tmp_path, text))["panels"]}
        assert ids.items() <= everywhere.items()


def test_each_pack_keeps_to_its_block_of_ids(tmp_path: Path) -> None:
    blocks = []
    page = overview(plan(tmp_path, EVERY_PACK))["panels"]
    rows = [index for index, each in enumerate(page) if each["type"] == "row"]
    for start, end in zip(rows[1:], [*rows[2:], len(page)], strict=True):
        heading, *shown = (each["id"] for each in page[start:end])
        assert heading % 10 == 0
        assert set(shown) <= set(range(heading + 1, heading + 10))
        blocks.append(heading)
    recipe = (BUNDLED.parents[1] / "docs" / "extending.md").read_text()
    assert f"The next free block is {max(blocks) + 10} to {max(blocks) + 19}." in recipe


def test_green_is_what_succeeded_and_every_kind_of_error_has_another_color() -> None:
    every = pages(load_plan(BUNDLED))
    colors = {
        (path, each["title"]): {
            one["matcher"]["options"]: prop["value"]["fixedColor"]
            for one in each["fieldConfig"]["overrides"]
            for prop in one["properties"]
            if prop["id"] == "color"
        }
        for path, page in every.items()
        for each in page["panels"]
        if each["type"] == "timeseries"
    }
    kinds = colors["watchkeeper/sandbox-metrics.json", "Errors by type"]
    assert set(kinds) == set(contract.SANDBOX_ERRORS)
    assert len(set(kinds.values()) - {"green"}) == len(kinds)
    assert colors["watchkeeper/sandbox-metrics.json", "Executions"] == {"success": "green", "error": "red"}
    assert colors["helloagents/overview.json", "Executions"] == {"none": "green", **kinds}


def test_a_critical_alert_is_red_in_the_table(bundled: dict[str, Any]) -> None:
    (found,) = [
        each for each in bundled["panels"] if each["title"] == "Firing alerts" and each["type"] == "table"
    ]
    properties = {one["id"]: one["value"] for one in found["fieldConfig"]["overrides"][0]["properties"]}
    (mapping,) = properties["mappings"]
    assert {value: one["color"] for value, one in mapping["options"].items()} == {
        "critical": "red",
        "warning": "orange",
    }
    assert properties["custom.cellOptions"]["type"] == "color-background"
