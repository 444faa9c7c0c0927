"""`watchkeeper report` of a real Prometheus whose every request is known: figures, incidents, gaps, formats, exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.report.october import (
    AVAILABILITY,
    CHANGED,
    END,
    EVIL,
    HOLE,
    LATENCY,
    MONTH,
    OUTAGE,
    SEARCH,
    START,
    at,
)
from tests.integration.report.recorded_month import EVALUATION
from watchkeeper.cli import main

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def october(server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("october") / "october.json"
    assert main(["report", "--prometheus", server, "--month", "2026-10", "--out", str(out)]) == 1
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def objective(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["objectives"] if one["slo_id"] == name)
    return found


def test_every_request_of_the_month_is_in_the_sums(october: dict[str, Any]) -> None:
    for one in (AVAILABILITY, LATENCY, SEARCH, EVIL):
        found = objective(october, one.slo_id)
        bad, total = one.counts(MONTH, END)
        assert found["bad_events"] == pytest.approx(bad, rel=1e-9)
        assert found["total_events"] == pytest.approx(total, rel=1e-9)
        days = found["days"]
        assert sum(day["bad_events"] for day in days) == pytest.approx(bad, rel=1e-9)
        assert len(days) == 31


def test_the_budget_is_that_of_the_whole_period_with_gaps_as_healthy(october: dict[str, Any]) -> None:
    found = objective(october, "checkout-availability")
    bad, total = AVAILABILITY.counts(MONTH, END)
    recorded = len([moment for moment in AVAILABILITY.rollups() if moment - 300 > MONTH]) * 300
    allowed = 0.001 * total / recorded * (END - MONTH)
    assert found["budget"]["events"] == pytest.approx(allowed, rel=1e-9)
    assert found["budget"]["spent"] == pytest.approx(bad / allowed, rel=1e-9)
    assert found["budget"]["seconds_of_total_outage"] == pytest.approx(0.001 * (END - MONTH))
    assert found["actual"] == pytest.approx(1 - bad / (total / recorded * (END - MONTH)), rel=1e-9)
    assert found["actual_if_all_gaps_were_bad"] < found["actual"] - 0.002
    assert found["state"] == "missed"
    assert october["states"] == {"missed": 2, "not enough data": 1, "met": 1}


def test_an_outage_is_an_incident_with_its_alerts(october: dict[str, Any]) -> None:
    incidents = objective(october, "checkout-availability")["incidents"]
    outage, small = incidents
    start, end = (at(outage[key].rstrip("Z")) for key in ("from", "to"))
    assert 0 <= start - OUTAGE[0] <= 2 * EVALUATION
    assert 0 <= end - OUTAGE[1] <= 2 * EVALUATION
    assert outage["bad_events"] == pytest.approx(2400 * 18, rel=0.001)
    assert [one["alert"] for one in outage["alerts"]] == [
        "CheckoutAvailabilityFastBurn",
        "CheckoutAvailabilitySlowBurn",
    ]
    fired = at(outage["alerts"][0]["from"].rstrip("Z"))
    assert fired == OUTAGE[0] + 180 + 17
    assert outage["seconds_to_page"] == fired - start
    assert outage["alerts"][0]["to"] == "2026-10-10T10:49:17Z"
    assert small["paged"] is False
    assert small["budget_share"] == pytest.approx(
        1200 * 18 * 0.05 / objective(october, "checkout-availability")["budget"]["events"], rel=0.01
    )


def test_pages_without_an_incident_are_named_and_the_watchdog_is_not(october: dict[str, Any]) -> None:
    assert [one["alert"] for one in october["pages_without_an_incident"]] == ["ServiceDown"]


def test_gaps_have_their_start_length_and_reason(october: dict[str, Any]) -> None:
    (hole,) = objective(october, "checkout-availability")["gaps"]
    assert abs(at(hole["from"].rstrip("Z")) - HOLE[0]) <= EVALUATION
    assert abs(hole["seconds"] - 7200) <= EVALUATION
    assert hole["reason"] == "no objective was recorded"
    gaps = objective(october, "checkout-latency")["gaps"]
    assert [round(one["seconds"], -2) for one in gaps] == [7200, 700]
    assert gaps[1]["reason"] == "only this objective was not recorded"
    young = objective(october, "shop-search")
    assert young["gaps"][0]["reason"] == "before the first record"
    assert young["state"] == "not enough data"
    assert objective(october, "checkout-availability")["coverage"] == pytest.approx(
        1 - 7200 / (END - MONTH), abs=1e-4
    )


def test_a_target_that_changed_shows_both(october: dict[str, Any]) -> None:
    found = objective(october, "checkout-latency")
    assert [one["target"] for one in found["targets"]] == [0.97, 0.95]
    assert found["target"] == 0.95
    assert at(found["targets"][1]["from"].rstrip("Z")) == CHANGED


def test_the_previous_month_is_compared(october: dict[str, Any]) -> None:
    found = objective(october, "checkout-availability")["previous"]
    bad, total = AVAILABILITY.counts(START, MONTH)
    assert (found["period"], found["bad_events"]) == ("2026-09", pytest.approx(bad, rel=1e-9))
    assert found["actual"] == pytest.approx(1 - bad / total, rel=1e-9)


def run(server: str, *more: str) -> int:
    return main(["report", "--prometheus", server, *more])


def test_the_same_data_and_time_give_the_same_bytes(server: str, tmp_path: Path) -> None:
    for ending in ("json", "md", "csv", "html"):
        first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
        for out in (first, second):
            assert run(server, "--month", "2026-10", "--at", "2026-11-02", "--out", str(out)) == 1
        assert first.read_bytes() == second.read_bytes()


def test_a_month_that_runs_is_judged_by_what_is_certain(server: str, tmp_path: Path) -> None:
    out = tmp_path / "running.json"
    ends = ["--month", "2026-10", "--at", "2026-10-10T09:00:00Z", "--service", "checkout"]
    assert run(server, *ends, "--out", str(out)) == 0
    early = json.loads(out.read_text())
    assert early["period"]["is_running"]
    assert early["states"] == {"met": 2}
    assert run(server, *ends[:2], "--at", "2026-10-10T10:20:00Z", *ends[4:], "--out", str(out)) == 0
    during = objective(json.loads(out.read_text()), "checkout-availability")
    assert during["state"] == "at risk"
    assert during["incidents"][-1]["to"] is None
    assert during["budget"]["spent"] < 1 < during["bad_events"] / (0.001 * during["total_events"])


def test_markdown_and_csv_have_the_same_objectives(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(server, "--month", "2026-10", "--at", "2026-11-02") == 1
    text = capsys.readouterr().out
    assert "Of 4 objectives and promises, 2 are missed, 1 has not enough data and 1 is met." in text
    assert "| ✘ missed | checkout-availability | 99.9% | 99.87" in text
    assert "<img" not in text.replace("\\<img", "")
    assert run(server, "--month", "2026-10", "--format", "csv") == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["name"] for row in rows} == {
        "checkout-availability",
        "checkout-latency",
        "shop-search",
        "evil-x",
    }
    assert rows[0]["state"] == "missed"


def test_what_cannot_be_reported_is_said_at_once(
    server: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cases = {
        ("--at", "2999-01-01"): "--at: 2999-01-01T00:00:00Z is in the future",
        ("--month", "2026-13"): "--month: '2026-13' is no month; write 2026-10",
        ("--quarter", "2026-Q5"): "--quarter: '2026-Q5' is no quarter; write 2026-Q4",
        ("--window", "7"): "--window: '7' is not a duration in steps of 5m",
        ("--from", "yesterday"): "--from: 'yesterday' is not a time",
        ("--from", "2026-10-02", "--to", "2026-10-01"): "the period is empty",
        ("--timezone", "Mars/Olympus"): "--timezone: 'Mars/Olympus' is no time zone",
        ("--month", "2026-11", "--at", "2026-10-15"): "2026-11 has not begun",
        ("--month", "2026-10", "--from", "-7d"): "--from and --to do not go with --month",
        ("--out", str(tmp_path / "none" / "x.md")): "--out: there is no folder",
    }
    for words, message in cases.items():
        assert run(server, *words) == 2, words
        assert message in capsys.readouterr().err
    assert main(["report", "--prometheus", "http://127.0.0.1:1", "--month", "2026-10"]) == 2
    assert capsys.readouterr().err == "error: http://127.0.0.1:1: nothing listens\n"


def test_an_empty_period_is_reported_and_fails(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(server, "--month", "2025-10") == 1
    seen = capsys.readouterr()
    assert "No objective was recorded in this period." in seen.out
    assert "has no rollups of ours in this period" in seen.err
