"""A service that OpenTelemetry measures: everything reads its names, and nothing reads those of our middleware."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.loading import load_plan, load_spec
from watchkeeper import contract, naming
from watchkeeper.model.http_dialect import OF_MIDDLEWARE
from watchkeeper.pipeline import render_files, render_proofs
from watchkeeper.report.described import spec_facts

SPEC = """version: watchkeeper/v1
services:
- service: checkout
  dialect: otel
  signals: [http, system]
  metrics_path: /prom
  exclude: ["/ready", "/jobs/{job_id}"]
  sla: {availability: 99%, latency: {quantile: 0.9, below: 500ms}}
  slos:
  - {name: availability, objective: 99%, sli: {availability: http}}
  - {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 1s}}
  - {name: orders, objective: 99%, sli: {availability: http, where: {http_route: /orders, http_request_method: POST}}}
  - {name: routes, objective: 99%, sli: {availability: http}, by: [http_route]}
  alerts:
  - {preset: service_down, severity: critical}
  - {preset: error_ratio, above: 5%, name: Errors}
  - {preset: latency_quantile, above: 500ms, name: Slow}
  - {preset: saturation, resource: cpu, above: 90%, name: Cpu}
- {service: cart, slos: [{name: availability, objective: 99%, sli: {availability: http}}]}
- {service: views, dialect: otel, http_buckets: [0.1, 0.3, 3], slos: [{name: l, objective: 95%, window: 7d, sli: {latency: http, threshold: 300ms}}]}
"""  # noqa: E501
_NAMES = "|".join(one.name for one in contract.FAMILIES if one.pack in OF_MIDDLEWARE)
OURS = re.compile(rf"\b(?:{_NAMES})")
UNCOUNTED = r'http_route!~"/health|/jobs/\\{job_id\\}|/metrics|/prom|/prom/\\{path\\}|/ready"'
COUNT = "http_server_request_duration_seconds_count"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("otel") / "spec.yml"
    path.write_text(SPEC)
    return path


@pytest.fixture(scope="module")
def files(path: Path) -> dict[str, str]:
    plan = load_plan(path)
    return {**render_files(plan), **render_proofs(plan, root="..")}


def test_no_file_of_the_service_reads_a_metric_that_only_our_middleware_has(files: dict[str, str]) -> None:
    own = {path: text for path, text in files.items() if "/checkout" in path}
    assert len(own) > 20
    assert {path: found[0] for path, text in own.items() if (found := OURS.search(text))} == {}
    assert OURS.search(files["monitoring/prometheus/rules/cart/availability.yml"])


def test_failed_requests_are_those_with_5xx_and_those_without_any_status(files: dict[str, str]) -> None:
    rules = files["monitoring/prometheus/rules/checkout/availability.yml"]
    assert f'{COUNT}{{service="checkout",http_response_status_code=~"5..|",{UNCOUNTED}}}[75s]' in rules, rules
    assert f'{COUNT}{{service="checkout",{UNCOUNTED}}}[75s]' in rules


def test_an_objective_of_single_routes_needs_to_leave_out_no_other(files: dict[str, str]) -> None:
    rules = files["monitoring/prometheus/rules/checkout/orders.yml"]
    assert f'{COUNT}{{service="checkout",http_route="/orders",http_request_method="POST"}}[75s]' in rules
    assert "/health" not in rules
    pages = [
        text for path, text in files.items() if path.startswith("monitoring/runbooks/checkout/CheckoutOrders")
    ]
    assert pages and not any("/health" in page for page in pages)


def test_a_bucket_is_read_however_its_bound_is_written(files: dict[str, str]) -> None:
    rules = files["monitoring/prometheus/rules/checkout/latency.yml"]
    assert r'le=~"1|1\\.0"}[75s]' in rules
    assert 'le="0.3"' in files["monitoring/prometheus/rules/views/l.yml"]


def test_the_proofs_feed_failures_without_a_status_and_routes_that_do_not_count(
    files: dict[str, str],
) -> None:
    proof = files["checkout/availability-minutes.yml"]
    where = 'http_request_method="GET",http_route="{}",{}instance="proof:8000",job="checkout"'
    assert f"{COUNT}{{{where.format('/proof', '')}" in proof
    for route in ("/health", "/metrics", "/prom", "/ready", "/prom/{path}", "/jobs/{job_id}"):
        assert f"{COUNT}{{{where.format(route, '')}" in proof, route


def test_nothing_is_made_for_a_middleware_that_measures_nothing(files: dict[str, str]) -> None:
    assert '"packs": [\n    "system"\n  ]' in files["monitoring/instrumentation/checkout.json"]
    assert "exclude" not in files["monitoring/instrumentation/checkout.json"]
    assert "monitoring/instrumentation/views.json" not in files
    assert naming.METRIC_CONFLICT in files["monitoring/prometheus/alerts/cart.yml"]
    assert naming.METRIC_CONFLICT not in files["monitoring/prometheus/alerts/checkout.yml"]


def test_the_service_has_the_page_on_its_requests_that_others_share(files: dict[str, str]) -> None:
    folder = "monitoring/grafana/dashboards"
    page = files[f"{folder}/checkout/api-performance.json"]
    assert COUNT in page and "http_server_active_requests" in page and "{{http_route}}" in page
    shared = files[f"{folder}/watchkeeper/api-performance.json"]
    assert '"query": "cart"' in shared
    assert "var-service" not in files[f"{folder}/checkout/overview.json"]


def test_a_metric_that_no_request_has_made_yet_is_not_reported_as_missing(files: dict[str, str]) -> None:
    assert "MetricMissing" not in files["monitoring/prometheus/rules/checkout/availability.yml"]
    assert "MetricMissing" in files["monitoring/prometheus/rules/cart/availability.yml"]


def test_the_report_reads_the_bad_requests_by_the_labels_of_the_dialect(path: Path) -> None:
    facts = spec_facts(load_spec(path)[0], "")
    latency = next(one for one in facts.objectives if one.slo == "latency")
    assert latency.by == ("http_route", "http_response_status_code")
    assert latency.but is not None and ("le", "=~", r"1|1\.0") in latency.but[1]
    promise = next(one for one in facts.promises if one.name == "latency")
    assert promise.total is not None and promise.total[0] == COUNT
