"""Scenarios of threshold alerts: input series, checks, and a user's own proof."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.plan.planning import plan_of
from watchkeeper.backends.proofs import render
from watchkeeper.backends.rules import render as render_rules
from watchkeeper.plan.plan import Plan, PlannedService
from watchkeeper.plan.proofs.scenarios.user_proof import sample_count
from watchkeeper.plan.proofs.series.decoys import DECOY_SERVICE

ALERTS = """alerts:
  - {name: Down, preset: service_down, for: 2m, severity: critical}
  - {name: Errors, preset: error_ratio, above: 5%, for: 5m}
  - {name: Slow, preset: latency_quantile, above: 500ms, for: 5m}
  - {name: Memory, preset: saturation, resource: memory, above: 85%, for: 5m}
  - {name: Cpu, preset: saturation, resource: cpu, above: 85%, for: 5m}
  - {name: Pool, preset: gauge_below, metric: sandbox_pool_available, below: 2, for: 5m}
  - {name: Checks, preset: health_failing, for: 2m}
  - {name: Replicas, preset: replicas_below, below: 3, for: 5m}
  - {name: Lag, preset: gauge_above, metric: lag, above: 30, for: 5m}
metrics: [{name: lag, type: gauge, external: true}]
"""
NAMES = ("Down", "Errors", "Slow", "Memory", "Cpu", "Pool", "Checks", "Replicas", "Lag", "MetricConflict")


def planned(folder: Path, stack: str = "", alerts: str = ALERTS) -> Plan:
    return plan_of(
        folder,
        f"service: shop\nsignals: [http, system, sandbox, health]\n{alerts}stack: {{retention: 91d{stack}}}\n",
    )


@pytest.fixture
def shop(tmp_path: Path) -> PlannedService:
    return planned(tmp_path).services[0]


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_fires_is_silent_and_resolves(name: str, shop: PlannedService) -> None:
    scenarios = [scenario for scenario in shop.alert_scenarios if scenario.alert == name]
    checks = [check for scenario in scenarios for check in scenario.checks]
    assert {check.alert for check in checks} == {name}
    assert {check.aspect for check in checks} == {"fires", "silent", "resolves"}
    assert all(check.firing is (check.aspect == "fires") for check in checks)
    assert len({scenario.title for scenario in scenarios}) == len(scenarios)


def test_checks_are_at_evaluations_within_the_samples(shop: PlannedService) -> None:
    for scenario in shop.alert_scenarios:
        last = max(sample_count(values) - 1 for _, values in scenario.series) * scenario.interval
        vanishes = "vanish" in scenario.title
        for check in scenario.checks:
            assert check.at % 30 == 0
            assert check.at >= 0
            assert check.at <= last or vanishes, scenario.title


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Lag"])
def test_every_series_of_our_own_has_a_decoy(name: str, shop: PlannedService) -> None:
    scenario = next(scenario for scenario in shop.alert_scenarios if scenario.alert == name)
    ours = {text for text, _ in scenario.series if 'service="shop"' in text}
    theirs = {text for text, _ in scenario.series if f'service="{DECOY_SERVICE}"' in text}
    assert {text.replace('service="shop"', f'service="{DECOY_SERVICE}"') for text in ours} == theirs
    assert len(ours) + len(theirs) == len(scenario.series)


def test_what_others_expose_has_neither_our_label_nor_a_decoy(shop: PlannedService) -> None:
    external = [scenario for scenario in shop.alert_scenarios if scenario.alert == "Lag"]
    assert len(external) == 2
    for scenario in external:
        assert scenario.series
        assert not any("service=" in text for text, _ in scenario.series)


def test_only_alerts_of_single_series_inherit_labels(shop: PlannedService) -> None:
    for scenario in shop.alert_scenarios:
        of_instances = dict.fromkeys(("Memory", "Cpu"), (("instance", "proof:8000"),))
        inherited = {
            **of_instances,
            "Checks": (("check", "proof"),),
            "MetricConflict": (("metric", "http_requests_total"),),
        }
        assert scenario.labels == inherited.get(scenario.alert, ())


# One in which a rate sees few scrapes, and one in which no minute is a whole number of them.
@pytest.mark.parametrize(
    "stack",
    [
        ", scrape_interval: 1m, evaluation_interval: 1m",
        ", scrape_interval: 7s, evaluation_interval: 30s",
    ],
)
def test_the_scenarios_hold_at_any_interval(stack: str, tmp_path: Path, promtool: str) -> None:
    plan = planned(tmp_path, stack)
    for path, text in {**render(plan, root="."), **render_rules(plan)}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    command = [promtool, "test", "rules", "shop/alerts.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


RAW = """alerts:
  - name: Queue
    expr: max(lag{kind="mail"}) > 5
    for: 2m
    severity: warning
    proof:
      fires: [{series: 'lag{kind="mail"}', values: '9x10'}, {series: 'lag{kind="sms"}', values: '0x3'}]
      silent: [{series: 'lag{kind="mail",service="shop"}', values: '1x4 _x3 2'}]
metrics: [{name: lag, type: gauge, labels: [kind]}]
"""


def test_a_users_own_proof_is_used_as_it_was_written_with_the_services_label(tmp_path: Path) -> None:
    fires, silent, _ = planned(tmp_path, alerts=RAW).services[0].alert_scenarios
    assert fires.series == (
        ('lag{kind="mail",service="shop"}', "9x10"),
        ('lag{kind="sms",service="shop"}', "0x3"),
    )
    # Checked at the last sample of the longest series; one a minute.
    assert [(check.at, check.aspect) for check in fires.checks] == [(600, "fires")]
    assert silent.series == (('lag{kind="mail",service="shop"}', "1x4 _x3 2"),)
    assert [(check.at, check.aspect) for check in silent.checks] == [(480, "silent")]
    assert (fires.interval, fires.labels) == (60, None)


def test_a_users_own_proof_is_asked_at_an_evaluation(tmp_path: Path) -> None:
    *scenarios, _ = planned(tmp_path, ", evaluation_interval: 50s", RAW).services[0].alert_scenarios
    assert [scenario.checks[0].at for scenario in scenarios] == [600, 450]


def test_of_others_series_the_label_is_left_out(tmp_path: Path) -> None:
    external = RAW.replace("labels: [kind]", "labels: [kind], external: true").replace(
        '{series: \'lag{kind="mail",service="shop"}\'', "{series: 'lag{kind=\"mail\"}'"
    )
    fires, silent = planned(tmp_path, alerts=external).services[0].alert_scenarios
    assert (len(fires.series), len(silent.series)) == (2, 1)
    for scenario in (fires, silent):
        assert all("service" not in text for text, _ in scenario.series)
