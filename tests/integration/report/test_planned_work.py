"""Planned work in the report: windows with reason and author, and each objective with it and without it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.integration.report.october import END, HOSTILE, MONTH, PLANNED, SEARCH, planned_events
from tests.integration.report.test_page import Page
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
_PROMISE = """\
version: watchkeeper/v1
service: {service}
signals: [http]
sla: {{availability: 99.5%}}
slos: [{{name: availability, objective: 99.9%, sli: {{availability: http}}}}]
"""
_OCTOBER = ("--month", "2026-10")


def _written(server: str, folder: Path, name: str, *flags: str) -> str:
    out = folder / name
    assert main(["report", "--prometheus", server, *_OCTOBER, *flags, "--out", str(out)]) in (0, 1)
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def document(server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_written(server, tmp_path_factory.mktemp("planned"), "r.json"))
    return found


def test_a_window_has_its_ends_its_reason_and_its_author(document: dict[str, Any]) -> None:
    (window,) = document["maintenance_windows"]
    ends = [datetime.fromisoformat(window[name].replace("Z", "+00:00")) for name in ("from", "to")]
    for found, want in zip(ends, PLANNED, strict=True):
        assert abs((found - datetime.fromtimestamp(want, timezone.utc)).total_seconds()) <= 120
    assert (window["service"], window["name"]) == ("shop", "upgrade")
    assert (window["reason"], window["author"]) == (HOSTILE, "Mona Lisa")


def test_both_figures_are_those_of_the_counts(document: dict[str, Any]) -> None:
    (search,) = (one for one in document["objectives"] if one["slo_id"] == SEARCH.slo_id)
    left_out = search["planned_work_left_out"]
    planned = planned_events(MONTH, END)
    bad, total = SEARCH.counts(MONTH, END)
    assert planned > 0
    assert left_out["bad_events"] == pytest.approx(planned, rel=1e-6)
    assert left_out["total_events"] == pytest.approx(planned, rel=1e-6)
    recorded = search["rollups"] * 300
    whole = (total + planned) / recorded * (END - MONTH)
    assert left_out["actual_with_them"] == pytest.approx(1 - (bad + planned) / whole, rel=1e-9)
    assert search["actual"] > left_out["actual_with_them"]
    others = [one for one in document["objectives"] if one is not search]
    assert others
    assert all(one["planned_work_left_out"] is None for one in others)


def test_people_see_both_and_customers_see_no_author(server: str, tmp_path: Path) -> None:
    text = _written(server, tmp_path, "r.md")
    assert "## Maintenance windows" in text
    assert "## With planned work, and without it" in text
    assert "Mona Lisa" in text
    page = Page(_written(server, tmp_path, "r.html"))
    assert HOSTILE in " ".join(page.text)
    assert "Mona Lisa" in " ".join(page.text)


def test_customers_see_the_work_on_what_they_were_promised_and_no_other_service(
    server: str, tmp_path: Path
) -> None:
    for service, is_promised in (("shop", True), ("checkout", False)):
        spec = tmp_path / f"{service}.yml"
        spec.write_text(_PROMISE.format(service=service))
        words = [str(spec), "--prometheus", server, *_OCTOBER, "--audience", "customer"]
        for ending in ("md", "html", "json", "csv"):
            out = tmp_path / f"{service}.{ending}"
            assert main(["report", *words, "--out", str(out)]) in (0, 1)
            text = out.read_text(encoding="utf-8")
            assert "Mona Lisa" not in text
            assert ("upgrade" in text) is (is_promised and ending != "csv"), (service, ending)
            # The name of a third service is the reason of the work, too.
            assert ("gnihton" in text) is (is_promised and ending != "csv"), (service, ending)
