"""Which labels an expression returns, so that the texts of an alert can refer to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.spec.preset_shapes import PRESET_SHAPES
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.promql.result_labels import result_labels
from watchkeeper.spec.promql.vocabulary import Vocabulary

SPEC = """
version: watchkeeper/v1
service: shop
signals: [http, system, health]
metrics:
  - {name: jobs_total, type: counter, labels: [kind, outcome]}
  - {name: pool_size, type: gauge}
  - {name: proxy_total, type: counter, external: true, labels: [route]}
alerts:
  - {preset: service_down, severity: critical}
  - {preset: error_ratio, above: 5%}
  - {preset: latency_quantile, above: 500ms}
  - {preset: saturation, resource: memory, above: 85%}
  - {name: CPU, preset: saturation, resource: cpu, above: 85%}
  - {preset: gauge_below, metric: pool_size, below: 2}
  - {preset: gauge_above, metric: pool_size, above: 2}
  - {preset: health_failing}
  - {preset: replicas_below, below: 2}
  - {preset: metric_conflict}
"""
TARGET = {"instance", "job", "service"}


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    path = tmp_path_factory.mktemp("spec") / "spec.yml"
    path.write_text(SPEC, encoding="utf-8")
    return Vocabulary(load_plan(path).services[0].spec)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("jobs_total > 1", TARGET | {"kind", "outcome"}),
        ("rate(jobs_total[5m]) > 1", TARGET | {"kind", "outcome"}),
        ("sum(rate(jobs_total[5m])) > 1", set()),
        ("sum by (kind, pod) (rate(jobs_total[5m])) > 1", {"kind"}),
        ("1 < sum by (kind) (rate(jobs_total[5m]))", {"kind"}),
        ("sum without (instance, job) (jobs_total)", {"kind", "outcome", "service"}),
        ("topk(3, jobs_total)", TARGET | {"kind", "outcome"}),
        ('count_values("size", pool_size)', {"size"}),
        ("sum by (kind) (jobs_total) / on (kind) group_left (outcome) jobs_total", {"kind", "outcome"}),
        ("jobs_total / on (instance) pool_size", {"instance"}),
        ("jobs_total / ignoring (kind, outcome) group_left pool_size", TARGET | {"kind", "outcome"}),
        ("jobs_total - ignoring (kind) jobs_total", TARGET | {"outcome"}),
        ("sum by (kind) (jobs_total) and on () pool_size > 1", {"kind"}),
        ("sum by (kind) (jobs_total) or sum by (outcome) (jobs_total)", {"kind", "outcome"}),
        ("histogram_quantile(0.9, sum by (le, handler) (rate(http_request_duration_seconds_bucket[5m])))", {"handler"}),
        ('label_replace(sum(jobs_total), "pod", "$1", "kind", "(.*)")', {"pod"}),
        ('absent(up{service="shop"})', {"service"}),
        ('absent(up{service="shop"} == 1)', set()),
        ("vector(1)", set()),
        ("max_over_time((jobs_total > 1)[5m:1m])", TARGET | {"kind", "outcome"}),
        ("proxy_total > 1", None),
        ("sum by (pod) (proxy_total)", {"pod"}),
        ("-(pool_size)", TARGET),
    ],
)  # fmt: skip
def test_an_expression_returns_these_labels(
    expression: str, expected: set[str] | None, vocabulary: Vocabulary
) -> None:
    found = result_labels(user_promql.parse(expression), vocabulary, external=False)
    assert found == (expected if expected is None else frozenset(expected))


def test_nothing_is_known_of_what_others_expose(vocabulary: Vocabulary) -> None:
    assert result_labels(user_promql.parse("jobs_total"), vocabulary, external=True) is None
    assert result_labels(user_promql.parse("sum(jobs_total)"), vocabulary, external=True) == frozenset()


def test_each_presets_labels_are_those_of_its_expression(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(SPEC, encoding="utf-8")
    (service,) = load_plan(tmp_path / "spec.yml").services
    vocabulary = Vocabulary(service.spec)
    assert {alert.preset for alert in service.alerts} == set(PRESET_SHAPES)
    for alert in service.alerts:
        assert alert.preset is not None
        found = result_labels(user_promql.parse(alert.expr), vocabulary, external=False)
        assert found == frozenset(PRESET_SHAPES[alert.preset].labels), alert.name
