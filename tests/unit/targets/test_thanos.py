"""Thanos' target: files that promtool takes, and alerts about the ruler that fire when its queries fail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper.pipeline import render_target

SPEC = """version: watchkeeper/v1
service: checkout
slos: [{name: availability, objective: 99%, sli: {availability: http}}]
alerts: [{preset: service_down}]
"""
# promtool's own proof: each metric grows after ten minutes; a Prometheus' failures have no strategy.
PROOF = """rule_files: [watchkeeper.yml]
evaluation_interval: 30s
tests:
- interval: 30s
  input_series:
  - {series: 'prometheus_rule_evaluation_failures_total{job="x",rule_group="a",strategy="abort"}', values: "0x20 1+1x40"}
  - {series: 'prometheus_rule_evaluation_failures_total{job="x",rule_group="b"}', values: "0+1x60"}
  - {series: 'thanos_alert_sender_alerts_dropped_total{job="x",alertmanager="c"}', values: "0x20 1+1x40"}
  promql_expr_test:
  - {expr: 'count(ALERTS{alertname=~"Thanos.*",alertstate="firing"}) or vector(0)', eval_time: 10m, exp_samples: [{labels: '{}', value: 0}]}
  - {expr: 'count(ALERTS{alertname="ThanosRuleFailures",alertstate="firing",rule_group="a"})', eval_time: 20m, exp_samples: [{labels: '{}', value: 1}]}
  - {expr: 'count(ALERTS{alertname=~"Thanos.*",alertstate="firing"})', eval_time: 20m, exp_samples: [{labels: '{}', value: 2}]}
"""  # noqa: E501


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spec.yml").write_text(SPEC)
    for name, text in render_target(load_plan(tmp_path / "spec.yml"), "thanos").items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.tools
def test_the_alerts_about_the_ruler_fire_when_its_rules_or_notifications_fail(
    folder: Path, promtool: str
) -> None:
    (folder / "proof.yml").write_text(PROOF)
    subprocess.run(
        [promtool, "check", "rules", str(folder / "checkout.yml")], check=True, capture_output=True
    )
    done = subprocess.run(
        [promtool, "test", "rules", str(folder / "proof.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_groups_have_their_intervals_and_no_key_that_prometheus_lacks(folder: Path) -> None:
    groups = yaml.safe_load((folder / "checkout.yml").read_text())["groups"]
    assert [group["interval"] for group in groups] == ["30s", "30s", "5m"]
    assert {key for group in groups for key in group} == {"name", "interval", "rules"}
