"""Matchers that select or exclude nothing are found; those that a series can meet, and what nobody can judge, pass."""

from __future__ import annotations

import pytest

from tests.loading import load_spec
from watchkeeper import promql_tree
from watchkeeper.exposed.series_labels import series_labels
from watchkeeper.exposed.useless_matchers import useless_matchers
from watchkeeper.model.service import Service

TEXT = """\
version: watchkeeper/v1
services:
  - service: shop
    signals: [http, sandbox, ai]
    labels: {tier: gold}
    slos: [{name: fast, objective: 99%, sli: {latency: http, threshold: 700ms}}]
    alerts: [{preset: latency_quantile, metric: pay_seconds, above: 9s}]
    metrics:
      - {name: jobs_total, type: counter, labels: [kind, outcome], values: {outcome: [done, failed]}}
      - {name: pay_seconds, type: histogram, buckets: [1, 2]}
      - {name: bare_seconds, type: histogram}
      - name: proxy_seconds
        type: histogram
        external: true
        buckets: [0.5, 1, 2.5, 1000000]
        labels: [route]
        values: {route: [/a, /b]}
      - {name: free_total, type: counter, external: true, labels: [route]}
  - {service: cart, targets: ["cart:1"], labels: {tier: silver}}
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> tuple[Service, ...]:
    path = tmp_path_factory.mktemp("spec") / "spec.yml"
    path.write_text(TEXT)
    return load_spec(path)[0].services


def faults(selector: str, services: tuple[Service, ...], *, external: bool = False) -> list[tuple[str, str]]:
    node = promql_tree.parse(selector)
    found = useless_matchers(
        promql_tree.metric_name(node), promql_tree.matchers(node), services[0], services, external=external
    )
    return [("".join(one.matcher), one.fault) for one in found]


@pytest.mark.parametrize(
    "selector",
    [
        'http_requests_total{status_code=~"5.."}',
        'http_requests_total{status_code="418"}',
        'http_requests_total{status_code="_OTHER",method="_OTHER"}',
        'http_requests_total{status_code=~".+",method=~".*"}',
        'http_requests_total{status_code!~"5..|4.."}',
        'http_requests_total{status_code=~"5..",status_code!="503"}',
        'http_requests_total{method=~"(?i)get"}',
        'http_requests_total{handler="/no/route/is/known",handler!="__unmatched__"}',
        'http_requests_total{handler=~"__unmatched__|__overflow__"}',
        'http_requests_total{service="shop",job="shop",tier="gold"}',
        'http_requests_total{service="cart",tier="silver",job="cart"}',
        'http_requests_total{service=~"shop|cart",tier="silver"}',
        'http_requests_total{instance="anything:1"}',
        'http_request_duration_seconds_bucket{le="0.7"}',
        'http_request_duration_seconds_bucket{le="+Inf"}',
        'http_request_duration_seconds_bucket{le=~"1|1.0"}',
        'pay_seconds_bucket{le="18.0"}',
        'bare_seconds_bucket{le="0.005"}',
        'sandbox_executions_total{status="error",error_type="timeout"}',
        'sandbox_executions_total{status!="success",error_type!="none"}',
        'jobs_total{kind="mail",outcome="__other__"}',
        'ai_requests_total{model="any",status="error"}',
        'proxy_seconds_bucket{le="1"}',
        'proxy_seconds_bucket{le="1.0",route="/a"}',
        'proxy_seconds_bucket{le="1000000"}',
        'proxy_seconds_bucket{le="1e+06"}',
        'proxy_seconds_count{route=""}',
        'proxy_seconds_count{route!="",anything="at all"}',
        'free_total{route="/typo",le="7",service="whatever"}',
        'ALERTS{alertstate="firing",alertname="Any"}',
        # RE2 and Python read these differently, so nobody judges them.
        'http_requests_total{method=~"[[:lower:]]+"}',
    ],
)
def test_what_a_series_can_meet_is_right(selector: str, services: tuple[Service, ...]) -> None:
    assert faults(selector, services) == []


@pytest.mark.parametrize(
    ("selector", "matcher", "fault"),
    [
        ('http_requests_total{status_code="5xx"}', "status_code=5xx", "selects nothing"),
        ('http_requests_total{status_code=~"5xx|6.."}', "status_code=~5xx|6..", "selects nothing"),
        ('http_requests_total{status_code=~"5"}', "status_code=~5", "selects nothing"),
        ('http_requests_total{status_code=""}', "status_code=", "selects nothing"),
        ('http_requests_total{status_code!="5xx"}', "status_code!=5xx", "excludes nothing"),
        ('http_requests_total{status_code!~"5xx"}', "status_code!~5xx", "excludes nothing"),
        ('http_requests_total{method="get"}', "method=get", "selects nothing"),
        ('http_requests_total{tier="silver"}', "tier=silver", "selects nothing"),
        ('http_requests_total{service="cart",tier="gold"}', "tier=gold", "selects nothing"),
        ('http_requests_total{service="other"}', "service=other", "selects nothing"),
        ('up{job="prometheus"}', "job=prometheus", "selects nothing"),
        ('http_request_duration_seconds_bucket{le="1"}', "le=1", "selects nothing"),
        ('http_request_duration_seconds_bucket{service="cart",le="0.7"}', "le=0.7", "selects nothing"),
        ('http_request_duration_seconds_bucket{le!="1"}', "le!=1", "excludes nothing"),
        ('http_request_duration_seconds_bucket{le=~"0,7"}', "le=~0,7", "selects nothing"),
        ('pay_seconds_bucket{le="9"}', "le=9", "selects nothing"),
        ('jobs_total{outcome=~"faild|lost"}', "outcome=~faild|lost", "selects nothing"),
        ('jobs_total{outcome!~".*"}', "outcome!~.*", "selects nothing"),
        ('jobs_total{outcome="done",outcome="failed"}', "outcome=failed", "contradicts another"),
        ('sandbox_executions_total{status="success",error_type="timeout"}', "error_type=timeout", "contradicts another"),
        ('proxy_seconds_bucket{le="3"}', "le=3", "selects nothing"),
        ('proxy_seconds_count{route="/c"}', "route=/c", "selects nothing"),
        ('proxy_seconds_count{route!="/c"}', "route!=/c", "excludes nothing"),
        ('ALERTS{alertstate="fireing"}', "alertstate=fireing", "selects nothing"),
    ],
)  # fmt: skip
def test_what_no_series_can_meet_is_found(
    selector: str, matcher: str, fault: str, services: tuple[Service, ...]
) -> None:
    assert faults(selector, services) == [(matcher, fault)]


def test_a_query_of_others_is_judged_by_what_is_declared(services: tuple[Service, ...]) -> None:
    assert faults('http_requests_total{status_code="5xx"}', services, external=True) == []
    assert faults('proxy_seconds_bucket{le="3"}', services, external=True) == [("le=3", "selects nothing")]


def test_bounds_are_those_that_the_client_writes(services: tuple[Service, ...]) -> None:
    known = series_labels("http_request_duration_seconds_bucket", services[0], external=False)
    assert known.closed["le"] == (
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.2", "0.3", "0.5", "0.7", "1.0", "2.0", "5.0", "10.0", "+Inf",
    )  # fmt: skip
    pay = series_labels("pay_seconds_bucket", services[0], external=False)
    assert pay.closed["le"] == ("1.0", "2.0", "9.0", "18.0", "+Inf")
