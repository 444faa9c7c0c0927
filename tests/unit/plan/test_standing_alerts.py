"""Each service whose rules read the middleware's metrics has an alert on taken names, unless the spec has its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.loading import render_with_proofs
from tests.unit.plan.planning import plan_of
from watchkeeper.plan.planned_alert import PlannedAlert

HTTP = "slos: [{name: a, objective: 99%, sli: {availability: http}}]\n"
ROUTED = "notify:\n  receivers: {s: {type: slack, webhook_file: a/b, channel: '#a'}}\n  routes: {%s: [s]}\n"


def _conflict_alerts(folder: Path, body: str) -> list[PlannedAlert]:
    (service,) = plan_of(folder, f"service: shop\n{body}").services
    return [alert for alert in service.alerts if alert.preset == "metric_conflict"]


@pytest.mark.parametrize(
    ("body", "has_one"),
    [
        (HTTP, True),
        ("alerts: [{preset: error_ratio, above: 5%}]\n", True),
        ("alerts: [{preset: latency_quantile, above: 1s}]\n", True),
        ("alerts: [{name: A, expr: http_requests_in_progress > 9}]\n", True),
        ("metrics: [{name: lag, type: gauge}]\nalerts: [{preset: gauge_above, metric: lag, above: 1}]\n", True),
        ("alerts: [{preset: service_down}]\n", False),
        ("alerts: [{name: A, expr: up > 9}]\n", False),
        ("slos: [{name: a, objective: 99%, sli: {availability: http, external: true}}]\n", False),
        ("metrics: [{name: lag, type: gauge, external: true}]\nalerts: [{preset: gauge_above, metric: lag, above: 1}]\n", False),
        ("metrics: [{name: ok, type: gauge, external: true}]\nslos: [{name: a, objective: 99%, sli: {boolean: ok}}]\n", False),
        ("signals: [system]\nalerts: [{preset: saturation, resource: cpu, above: 80%}]\n", False),
    ],
)  # fmt: skip
def test_it_is_there_where_a_rule_reads_what_the_middleware_emits(
    body: str, has_one: bool, tmp_path: Path
) -> None:
    assert bool(_conflict_alerts(tmp_path, body)) is has_one


def test_the_specs_own_replaces_it(tmp_path: Path) -> None:
    own = "alerts: [{preset: metric_conflict, severity: critical, for: 1m}]\n"
    (found,) = _conflict_alerts(tmp_path, HTTP + own)
    assert (found.name, found.severity, str(found.hold)) == ("MetricConflict", "critical", "1m")


def test_its_name_gives_way_to_an_alert_of_the_spec(tmp_path: Path) -> None:
    (found,) = _conflict_alerts(tmp_path, HTTP + "alerts: [{name: MetricConflict, preset: service_down}]\n")
    assert found.name == "ShopMetricConflict"


@pytest.mark.parametrize(
    ("notify", "severity", "receivers"),
    [("", "warning", ()), (ROUTED % "warning", "warning", ("s",)), (ROUTED % "critical", "critical", ("s",))],
)
def test_it_notifies_whoever_is_there(
    notify: str, severity: str, receivers: tuple[str, ...], tmp_path: Path
) -> None:
    alerts = f"alerts: [{{preset: error_ratio, above: 5%, severity: {severity}}}]\n"
    (found,) = _conflict_alerts(tmp_path, alerts + notify)
    assert (found.severity, found.receivers) == (severity, receivers)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{service="shop"}) > 0', "{}) > 0"),
        ("> 0", "> 1"),
        ("> 0", ">= 0"),
        ("for: 5m", "for: 8m"),
        ("max by (metric) ", "max "),
        ("instrumentation_metric_conflicts{", "instrumentation_errors_total{"),
        ("severity: warning", "severity: info"),
    ],
)
def test_its_proof_holds_and_fails_for_a_broken_rule(
    before: str, after: str, tmp_path: Path, promtool: str
) -> None:
    (tmp_path / "spec.yml").write_text(f"version: watchkeeper/v1\nservice: shop\n{HTTP}")
    render_with_proofs(tmp_path)
    rules = tmp_path / "monitoring/prometheus/alerts/shop.yml"
    command = [promtool, "test", "rules", str(tmp_path / "proofs/shop/alerts.yml")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    text = rules.read_text()
    assert before in text
    rules.write_text(text.replace(before, after))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (HTTP, ["RequestsUnmeasured"]),
        ("alerts: [{preset: error_ratio, above: 5%}]\n", ["HighErrorRate", "RequestsUnmeasured"]),
        ("alerts: [{preset: latency_quantile, above: 1s}]\n", ["HighLatency", "RequestsUnmeasured"]),
        ("alerts: [{preset: service_down}]\n", ["ServiceDown"]),
        (f"{HTTP}alerts: [{{name: RequestsUnmeasured, expr: up > 9}}]\n", ["RequestsUnmeasured"]),
        ("slos: [{name: a, objective: 99%, sli: {availability: http, external: true}}]\n", []),
    ],
)
def test_a_service_that_opentelemetry_measures_has_one_on_requests_that_nothing_measures(
    body: str, names: list[str], tmp_path: Path
) -> None:
    (service,) = plan_of(tmp_path, f"service: shop\ndialect: otel\n{body}").services
    assert [alert.name for alert in service.alerts] == names


def test_it_fires_an_hour_after_the_metric_has_gone_and_asks_for_every_route(tmp_path: Path) -> None:
    (service,) = plan_of(tmp_path, f"service: shop\ndialect: otel\n{HTTP}").services
    (found,) = service.alerts
    assert str(found.hold) == "1h"
    assert 'unless\n  max(http_server_request_duration_seconds_count{service="shop"}) >= 0' in found.expr
    assert {(one.alert, check.firing) for one in service.alert_scenarios for check in one.checks} == {
        (found.name, True),
        (found.name, False),
    }
