"""`watchkeeper cost` shows what the rules of a spec cost, beside as many objectives in Sloth's shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.cli import main
from watchkeeper.cost.rule_cost import RuleCost

HEAD = "version: watchkeeper/v1\nservice: shop\nsignals: [http]\ntargets: [shop:8000]\n"


def _spec(folder: Path, objectives: int, *, every: str = "30s") -> str:
    slos = "".join(
        f"- {{name: o{number}, objective: 99%, sli: {{availability: http}}}}\n"
        for number in range(objectives)
    )
    path = folder / f"spec-{objectives}-{every}.yml"
    path.write_text(f"{HEAD}slos:\n{slos}stack: {{evaluation_interval: {every}}}\n")
    return str(path)


def _cost(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["cost", *arguments, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_ten_objectives_cost_ten_times_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, ten = (_cost(capsys, _spec(tmp_path, objectives)) for objectives in (1, 10))
    assert (one["objectives"], ten["objectives"]) == (1, 10)
    for kind in ("ours", "sloth"):
        assert ten[kind]["series"] == 10 * one[kind]["series"]
        assert ten[kind]["samples_a_second"] == pytest.approx(10 * one[kind]["samples_a_second"])
    # The alert about names that are taken is one of the service.
    assert ten["ours"]["seconds"] == pytest.approx(10 * one["ours"]["seconds"], rel=0.05)


def test_series_of_a_selector_make_sloths_rules_slower_than_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = _spec(tmp_path, 1)
    few, many = (_cost(capsys, spec, "--series-per-service", str(series)) for series in (200, 2000))
    slower = {kind: many[kind]["seconds"] / few[kind]["seconds"] for kind in ("ours", "sloth")}
    assert slower["sloth"] > 8
    assert slower["ours"] < 2


def test_the_time_is_that_of_the_benchmarks() -> None:
    # docs/benchmarks.md: samples read in a cycle, and milliseconds, of one objective on 200 series.
    assert RuleCost(0, 0, 24.6, 9_914).seconds == pytest.approx(0.0187, rel=0.05)
    assert RuleCost(0, 0, 17, 7_268_019).seconds == pytest.approx(2.183, rel=0.05)


def test_half_the_interval_is_twice_the_samples_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow, fast = (_cost(capsys, _spec(tmp_path, 1, every=every)) for every in ("30s", "15s"))
    assert fast["sloth"]["samples_a_second"] == pytest.approx(2 * slow["sloth"]["samples_a_second"])
    assert fast["ours"]["bytes_a_month"] > 1.8 * slow["ours"]["bytes_a_month"]


def test_the_table_has_a_row_for_each_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", _spec(tmp_path, 3)]) == 0
    head, *rows, empty, about = capsys.readouterr().out.splitlines()
    assert head.split("  ")[0] == "WHAT"
    assert [row.partition("  ")[0] for row in rows] == [
        "recorded series",
        "samples a second",
        "rules a cycle",
        "samples read a cycle",
        "time of a cycle, about",
        "disk of 30 days",
    ]
    assert all(row.count("ms of 30s") + row.count("s of 30s") >= 2 for row in rows if "time" in row)
    assert (empty, about.partition(";")[0]) == ("", "3 objectives, 200 series a selector")


@pytest.mark.parametrize("text", ["0", "-1", "many", "1e3", "99999999"])
def test_a_number_of_series_that_is_none_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", _spec(tmp_path, 1), f"--series-per-service={text}"]) == 2
    assert f"--series-per-service: {text!r} is not a number from 1 to 9999999" in capsys.readouterr().err
