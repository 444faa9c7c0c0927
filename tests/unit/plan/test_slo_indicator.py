"""What an objective counts, as PromQL, and what is known of its absence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.planning import slo_of
from watchkeeper.plan.slo.counters import increases
from watchkeeper.plan.slo.indicator import Indicator, is_selector

METRICS = """metrics:
  - {name: jobs_total, type: counter, labels: [kind]}
  - {name: tasks_total, type: counter, labels: [outcome], values: {outcome: [done, failed]}}
  - {name: lost_total, type: counter}
  - {name: work_seconds, type: histogram, buckets: [1, 2]}
  - {name: edge_seconds, type: histogram, buckets: [1, 2], external: true}
  - {name: far_seconds, type: histogram, native: true, external: true}
  - {name: backup, type: gauge}"""

OWN = [("service", "=", "s")]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("a_total", 'sum(increase(a_total{service="s"}[2m]))'),
        ("(a_total)", 'sum(increase(a_total{service="s"}[2m]))'),
        ('a_total{x="1"}', 'sum(increase(a_total{x="1",service="s"}[2m]))'),
        ("sum(a_total)", 'sum(increase(a_total{service="s"}[2m]))'),
        ("sum by (x) (a_total)", 'sum(sum by (x) (increase(a_total{service="s"}[2m])))'),
        ("far_total", "sum(increase(far_total[2m]))"),
        (
            "a_total + far_total",
            '(sum(increase(a_total{service="s"}[2m])) + sum(increase(far_total[2m])))',
        ),
        ("a_total * 2", '(sum(increase(a_total{service="s"}[2m])) * 2)'),
        ("clamp_max(a_total, 5)", 'sum(clamp_max(increase(a_total{service="s"}[2m]), 5))'),
        ("a_total or b_total", None),
    ],
)
def test_counters_become_increases_over_the_reach(given: str, wanted: str | None) -> None:
    found = increases(given, OWN, "2m", is_external=lambda name: name == "far_total", absent=None)
    if wanted is None:
        assert found.startswith("sum(")
        assert found.count("increase(") == 2
    else:
        assert " ".join(found.split()).replace("( ", "(").replace(" )", ")") == wanted


def test_a_selector_without_series_is_what_the_caller_says() -> None:
    found = increases("a_total + b_total", OWN, "1m", is_external=lambda _: True, absent="0 * t")
    assert found == "((sum(increase(a_total[1m])) or 0 * t) + (sum(increase(b_total[1m])) or 0 * t))"


def indicator(folder: Path, sli: str) -> Indicator:
    return slo_of(folder, sli=sli, slo="objective: 99%", service=METRICS).indicator


@pytest.mark.parametrize(
    ("sli", "is_preinitialized", "unit"),
    [
        ("{availability: http}", True, "requests"),
        ("{availability: http, external: true}", False, "requests"),
        ("{latency: http, threshold: 200ms}", True, "requests"),
        ("{latency: work_seconds, threshold: 1s}", True, "observations"),
        ("{latency: edge_seconds, threshold: 1s}", False, "observations"),
        ("{latency: far_seconds, threshold: 1s}", False, "observations"),
        ("{events: {bad: 'tasks_total{outcome=\"failed\"}', total: tasks_total}}", True, "events"),
        ("{events: {bad: lost_total, total: jobs_total}}", False, "events"),
        ("{events: {bad: jobs_total, total: lost_total}}", True, "events"),
        ("{boolean: backup}", False, "seconds"),
        ("{ratio: 'max(backup)'}", False, "seconds"),
    ],
)
def test_only_what_exists_before_its_first_event_can_be_missed(
    sli: str, is_preinitialized: bool, unit: str, tmp_path: Path
) -> None:
    found = indicator(tmp_path, sli)
    assert (found.is_preinitialized, found.unit, found.is_time) == (
        is_preinitialized,
        unit,
        unit == "seconds",
    )


def test_requests_are_divided_by_the_reach_that_they_are_counted_over(tmp_path: Path) -> None:
    found = indicator(tmp_path, "{availability: http}")
    assert found.total == 'sum(increase(http_requests_total{service="shop"}[75s])) / 75'
    assert found.bad == (
        '(sum(increase(http_requests_total{service="shop",status_code=~"5.."}[75s]))'
        ' or 0 * max(slo:total:rate_base{slo_id="shop-o"})) / 75'
    )
    assert found.counted == 'http_requests_total{service="shop"}'


def test_a_latency_counts_neither_failed_requests_nor_negative_ones(tmp_path: Path) -> None:
    found = indicator(tmp_path, "{latency: http, threshold: 200ms}")
    assert found.bad.startswith('clamp_min(max(slo:total:rate_base{slo_id="shop-o"}) - sum(')
    assert found.bad.count('status_code!~"5.."') == found.total.count('status_code!~"5.."') == 1
    assert 'le="0.2"}[75s]' in found.bad


def test_what_is_not_good_is_bad(tmp_path: Path) -> None:
    found = indicator(tmp_path, "{events: {good: 'tasks_total{outcome=\"done\"}', total: tasks_total}}")
    assert found.bad.startswith('clamp_min(max(slo:total:rate_base{slo_id="shop-o"}) - (sum(')
    assert found.bad.endswith(" / 75, 0)")


@pytest.mark.parametrize(
    "sli",
    [
        "{latency: http, threshold: 200ms}",
        "{events: {good: 'tasks_total{outcome=\"done\"}', total: tasks_total}}",
    ],
)
def test_no_old_total_stands_in_for_a_good_that_is_gone(sli: str, tmp_path: Path) -> None:
    # Just after a restart of Prometheus the recorded total is up to five minutes old, and there is no good yet.
    assert indicator(tmp_path, sli).bad.count("slo:total:rate_base") == 1


def test_gauges_are_means_over_the_window_and_never_poison_it(tmp_path: Path) -> None:
    healthy = 'avg(avg_over_time(backup{service="shop"}[1m]))'
    found = indicator(tmp_path, "{boolean: backup}")
    assert found.total == f"0 * ({healthy} >= 0) + 1"
    assert found.bad == f"clamp(1 - ({healthy} >= 0), 0, 1)"
    assert indicator(tmp_path, "{ratio: backup}").bad == f"clamp({healthy} >= 0, 0, 1)"
    assert indicator(tmp_path, "{ratio: 'max(backup)'}").bad == (
        'clamp(avg(max(backup{service="shop"})) >= 0, 0, 1)'
    )


@pytest.mark.parametrize(
    ("query", "is_one"),
    [
        ("up", True),
        ('up{a="b"}', True),
        ("up offset 5m", False),
        ("up @ 5", False),
        ("sum(up)", False),
        ("-up", False),
    ],
)
def test_a_selector_is_told_from_all_else(query: str, is_one: bool) -> None:
    assert is_selector(query) is is_one
