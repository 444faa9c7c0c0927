"""`watchkeeper explain` tells budgets, thresholds, times and people, in words and in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.plan.slo.detection import detection

TEXT = """\
version: watchkeeper/v1
service: shop
slos:
  - {name: availability, objective: 99.5%, window: 30d, expected_traffic: 10, sli: {availability: http}}
  - {name: low, objective: 90%, window: 30d, sli: {availability: http, downtime: gap}}
notify:
  receivers: {slack: {webhook_file: secrets/s, channel: "#a"}, pagerduty: {routing_key_file: secrets/p}}
  routes: {critical: [pagerduty, slack], warning: [slack]}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """Return the path of a spec with two objectives."""
    path = tmp_path / "spec.yml"
    path.write_text(TEXT)
    return str(path)


def test_a_page_tells_the_budget_the_tiers_and_who_is_told(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "availability", "--spec", spec]) == 0
    out = capsys.readouterr().out
    assert "shop-availability: 99.5% of requests over 30d" in out
    assert "3h36m of total outage" in out
    assert "129,600 at the expected 10 a second" in out
    assert "FastBurn  1h/5m      14.4  7.2%         5m12s, 2.4%" in out
    assert "ShopAvailabilityFastBurn (critical) notifies pagerduty, slack, 10s later" in out
    assert "ShopAvailabilityMetricMissing (warning) after 5m notifies slack" in out
    assert "shop-low" not in out


def test_an_objective_may_be_written_with_its_service(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "shop/availability", "--spec", spec]) == 0
    assert capsys.readouterr().out.startswith("shop-availability: ")
    assert main(["explain", "other/availability", "--spec", spec]) == 2


def test_an_adapted_tier_shows_what_the_policy_asked_for(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["explain", "shop-low", "--spec", spec])
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if "1h/5m" in line and "FastBurn" in line)
    assert "  9  90%" in line
    assert "(policy: 14.4)" in line
    assert "a gap" in out


def test_json_has_the_times_of_the_plan(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--spec", spec, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [slo["slo_id"] for slo in document["slos"]] == ["shop-availability", "shop-low"]
    planned = load_plan(Path(spec)).services[0].slos[0]
    told = document["slos"][0]["tiers"][0]["detections"]
    tier = planned.tiers[0]
    for entry in told:
        ratio = next(
            r for r in (1, 10 * tier.threshold, 2 * tier.threshold) if float(r) == entry["error_ratio"]
        )
        assert entry["seconds"] == detection(tier, planned, type(tier.threshold)(ratio)).seconds
    assert document["slos"][0]["alerts"][0]["receivers"] == ["pagerduty", "slack"]


def test_an_unknown_objective_is_unusable_input(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "availabilty", "--spec", spec]) == 2
    assert "did you mean availability?" in capsys.readouterr().err


def test_a_spec_without_objectives_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bare.yml"
    path.write_text("version: watchkeeper/v1\nservice: shop\n")
    assert main(["explain", "--spec", str(path)]) == 0
    assert "no objective yet" in capsys.readouterr().out


def test_an_objective_by_a_label_says_which_values_have_a_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: shop\nsignals: [http]\nslos:\n"
        '  - {name: a, objective: 99.5%, window: 7d, sli: {availability: http}, by: {handler: ["/pay", "/cart"]}}\n'
        "  - {name: b, objective: 99.5%, window: 7d, sli: {availability: http}, by: [handler], at_most: 3}\n"
    )
    assert main(["explain", "--spec", str(spec)]) == 0
    out = capsys.readouterr().out
    assert (
        "  by        handler, a budget and alerts for each: /pay, /cart; all others share __other__\n" in out
    )
    assert "the first 3 with events, until their window is empty; all others share __other__\n" in out
    assert main(["explain", "--spec", str(spec), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["by"] for one in found["slos"]] == [
        {"label": "handler", "values": ["/pay", "/cart"], "at_most": 2},
        {"label": "handler", "values": [], "at_most": 3},
    ]
    assert main(["explain", "--spec", str(spec), "ShopBFastBurn"]) == 0
    assert "policy default, one for each handler\n" in capsys.readouterr().out
