"""`watchkeeper explain ALERT` shows where an alert comes from, whom it reaches and its proof, for every kind of alert."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend_instrumentation.contract import HTTP_DURATION
from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.pipeline import render_files

ROOT = """\
version: watchkeeper/v1
include: [teams/*.yml]
notify:
  receivers: {slack: {webhook_file: secrets/s, channel: "#a"}, pagerduty: {routing_key_file: secrets/p}}
  routes: {critical: [pagerduty, slack], warning: [slack], info: [slack]}
  mute: [{name: nights, severities: [info], times: ["22:00-06:00"]}]
"""
TEAM = """\
service: shop
signals: [http, system]
metrics: [{name: depth, type: gauge}]
slos:
  - {name: availability, objective: 99.5%, window: 30d, sli: {availability: http}, alerting: {idle: 1h}}
  - {name: checkout, objective: 99%, window: 7d, sli: {availability: http}, runbook: "https://wiki/checkout"}
alerts:
  - {preset: service_down, for: 2m, severity: critical}
  - {preset: error_ratio, above: 5%, for: 10m, severity: warning}
  - {preset: latency_quantile, above: 500ms, quantile: 0.99, min_events: 7}
  - {preset: saturation, resource: memory, above: 90%}
  - {preset: gauge_above, metric: depth, above: 3, name: DeepQueue, severity: info}
  - {name: Own, expr: "depth > 5"}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a spec whose service is in an included file; the working folder is the one above."""
    teams = tmp_path / "monitoring" / "teams"
    teams.mkdir(parents=True)
    (teams / "shop.yml").write_text(TEAM)
    (teams.parent / "SLO_DEFINITIONS.yml").write_text(ROOT)
    monkeypatch.chdir(tmp_path)
    return Path("monitoring/SLO_DEFINITIONS.yml")


def _text(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return the named rows of the section of one alert; its other lines under an empty name."""
    assert main(["explain", name]) == 0
    rows: dict[str, str] = {"": ""}
    for line in capsys.readouterr().out.splitlines():
        if line.startswith("  ") and line[2:3].strip() and line[15:16] == " ":
            rows[line[2:15].strip()] = line[16:]
        rows[""] += f"{line}\n"
    return rows


def _json(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["explain", name, "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["alerts"]
    return dict(found)


@pytest.mark.usefixtures("spec")
def test_a_burn_shows_its_line_objective_policy_tiers_and_way(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _text("ShopAvailabilityFastBurn", capsys)
    assert "ShopAvailabilityFastBurn: critical, fast_burn of shop" in rows[""]
    assert rows["spec"] == "monitoring/teams/shop.yml:5:12"
    assert rows["made by"] == "the objective availability (99.5% of requests over 30d), policy default"
    assert rows["fires"] == "at once, and for 2m longer than its condition"
    assert (
        rows["notifies"]
        == "pagerduty, slack, by the route of critical at monitoring/SLO_DEFINITIONS.yml:5:22"
    )
    assert rows["waits"] == "10s; 1m for changes of its group; again every 1h"
    assert rows["grouped by"] == "alertname, service, slo_id, environment"
    assert rows["inhibits"] == "ShopAvailabilitySlowBurn, ShopAvailabilityBudgetExhausted"
    assert rows["inhibited by"] == "ServiceDown"
    assert rows["runbook"] == "monitoring/runbooks/shop/ShopAvailabilityFastBurn.md"
    assert "FastBurn  1h/5m      14.4  7.2%         5m12s, 2.4%" in rows[""]
    assert "SlowBurn  " not in rows[""]
    assert "at least so many bad requests: 2 in 1h, 2 in 6h" in rows[""]
    assert "proof: a total outage three minutes after the service first started" in rows[""]
    assert "silent at 6m30s; must fire at 9m30s, 11m" in rows[""]


def test_every_alert_has_its_rule_at_the_line_shown(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = load_plan(spec)
    files = render_files(plan)
    (service,) = plan.services
    assert len(service.all_alerts) == 5 + 4 + 7
    for alert in service.all_alerts:
        found = _json(alert.name, capsys)
        line = files[found["rule"]["file"]].splitlines()[found["rule"]["line"] - 1]
        assert line.strip() == f"- alert: {alert.name}"
        assert found["spec"]["file"] == "monitoring/teams/shop.yml"
        assert found["alert_kind"] == dict(alert.labels)["alert_kind"]
        assert found["runbook"]["file"] in files
        assert found["route"]["receivers"] == list(alert.receivers)
        assert bool(found["proof"]) == (found["unproven"] is None), alert.name


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize(
    ("name", "kind", "inhibited_by"),
    [
        ("ShopAvailabilitySlowBurn", "slow_burn", "ServiceDown, ShopAvailabilityFastBurn"),
        ("ShopAvailabilityBudgetExhausted", "budget_exhausted", "ServiceDown, ShopAvailabilityFastBurn"),
        ("ShopAvailabilityMetricMissing", "metric_missing", "ServiceDown"),
        ("ShopAvailabilityIdle", "idle", "ServiceDown, ShopAvailabilityMetricMissing"),
        ("HighErrorRate", "error_ratio", "ServiceDown"),
        ("ServiceDown", "service_down", "nothing"),
    ],
)
def test_an_alert_shows_its_kind_and_what_inhibits_it(
    name: str, kind: str, inhibited_by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = _text(name, capsys)
    assert f", {kind} of shop" in rows[""]
    assert rows["inhibited by"] == inhibited_by


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize(
    ("name", "line", "made_by"),
    [
        ("ServiceDown", 8, "the preset service_down: for 2m"),
        ("HighErrorRate", 9, "the preset error_ratio: above 5%, min_events 3, window 5m, for 10m"),
        (
            "HighLatency",
            10,
            f"the preset latency_quantile: above 500ms, quantile 0.99, metric {HTTP_DURATION}, min_events 7, window 5m, for 5m",
        ),
        ("HighSaturation", 11, "the preset saturation: above 90%, resource memory, for 5m"),
        ("DeepQueue", 12, "the preset gauge_above: above 3, metric depth, aggregate max, for 5m"),
        ("MetricConflict", 1, "the preset metric_conflict, which the spec need not name: for 5m"),
        ("Own", 13, 'its own expression, for 5m: depth{service="shop"} > 5'),
    ],
)
def test_a_threshold_alert_shows_its_preset_with_its_numbers(
    name: str, line: int, made_by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = _text(name, capsys)
    assert rows["spec"].startswith(f"monitoring/teams/shop.yml:{line}:")
    assert rows["made by"] == made_by


@pytest.mark.usefixtures("spec")
def test_mutes_foreign_runbooks_and_missing_proofs_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert _text("DeepQueue", capsys)["muted during"] == "nights"
    runbook = _text("ShopCheckoutSlowBurn", capsys)["runbook"]
    assert runbook == "monitoring/runbooks/shop/ShopCheckoutSlowBurn.md, linked as https://wiki/checkout"
    assert "UNPROVEN: its expression has no `proof:`" in _text("Own", capsys)[""]


def test_alerts_of_one_name_are_all_shown_and_a_service_chooses(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = spec.parent / "teams" / "web.yml"
    other.write_text("service: web\nalerts: [{preset: service_down, severity: critical}]\n")
    assert main(["explain", "ServiceDown"]) == 0
    assert "monitoring/teams/web.yml:2:" in capsys.readouterr().out
    shop = _json("shop/ServiceDown", capsys)
    assert shop["service"] == "shop"
    assert "ShopAvailabilityIdle" in shop["inhibits"]
    assert _json("web/ServiceDown", capsys)["inhibits"] == []


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("availabilty", "availability"),
        ("servicedown", "ServiceDown"),
        ("ShopAvailabilityFastBrun", "ShopAvailabilityFastBurn"),
    ],
)
def test_a_name_that_is_neither_is_answered_from_both(
    wrong: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", wrong]) == 2
    said = capsys.readouterr().err
    assert f"the spec has neither an objective nor an alert {wrong}: did you mean {meant}?" in said
