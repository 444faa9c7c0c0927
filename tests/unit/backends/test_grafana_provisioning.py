"""What Grafana reads at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from watchkeeper.backends import grafana

from .grafana_support import HTTP_ONLY, plan

FOLDER = "monitoring/grafana/provisioning"


def sources(folder: Path, text: str = HTTP_ONLY) -> dict[str, dict[str, Any]]:
    loaded = yaml.safe_load(grafana.render(plan(folder, text))[f"{FOLDER}/datasources/datasources.yaml"])
    return {source["uid"]: source for source in loaded["datasources"]}


def test_the_three_sources_have_fixed_uids_and_container_addresses(tmp_path: Path) -> None:
    assert {uid: (source["type"], source["url"]) for uid, source in sources(tmp_path).items()} == {
        "prometheus": ("prometheus", "http://prometheus:9090"),
        "jaeger": ("jaeger", "http://jaeger:16686"),
        "alertmanager": ("alertmanager", "http://alertmanager:9093"),
    }


def test_prometheus_is_the_default_and_the_only_one(tmp_path: Path) -> None:
    assert [uid for uid, source in sources(tmp_path).items() if source.get("isDefault")] == ["prometheus"]


def test_nobody_edits_a_source_by_hand(tmp_path: Path) -> None:
    assert {source["editable"] for source in sources(tmp_path).values()} == {False}


def test_an_exemplar_leads_to_its_trace(tmp_path: Path) -> None:
    (to_trace,) = sources(tmp_path)["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert (to_trace["name"], to_trace["datasourceUid"]) == ("trace_id", "jaeger")


def test_rates_know_how_often_is_scraped(tmp_path: Path) -> None:
    found = sources(tmp_path, HTTP_ONLY + "stack: {scrape_interval: 30s}\n")
    assert found["prometheus"]["jsonData"]["timeInterval"] == "30s"


def test_every_dashboard_of_the_folder_is_shown_read_only(tmp_path: Path) -> None:
    loaded = yaml.safe_load(grafana.render(plan(tmp_path))[f"{FOLDER}/dashboards/dashboards.yaml"])
    (provider,) = loaded["providers"]
    assert (provider["type"], provider["allowUiUpdates"], provider["disableDeletion"]) == (
        "file",
        False,
        True,
    )
    assert provider["options"] == {"path": grafana.DASHBOARDS_FOLDER, "foldersFromFilesStructure": True}
    # Grafana refuses to start with both.
    assert "folder" not in provider


def test_no_dollar_sign_is_left_for_grafana_to_expand(tmp_path: Path) -> None:
    rendered = grafana.render(plan(tmp_path))
    assert [path for path, text in rendered.items() if path.startswith(FOLDER) and "$" in text] == []


def test_the_files_are_all_below_the_grafana_folder(tmp_path: Path) -> None:
    assert sorted(grafana.render(plan(tmp_path))) == [
        "monitoring/grafana/dashboards/checkout/overview.json",
        "monitoring/grafana/dashboards/watchkeeper/all-objectives.json",
        "monitoring/grafana/dashboards/watchkeeper/api-performance.json",
        "monitoring/grafana/provisioning/dashboards/dashboards.yaml",
        "monitoring/grafana/provisioning/datasources/datasources.yaml",
    ]
