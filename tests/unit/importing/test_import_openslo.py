"""OpenSLO's and Nobl9's objectives: several a document, indicators elsewhere, windows of the calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.importing.imports import imported, said, slos

_V1 = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout}
spec:
  service: shop
  description: Orders.
  indicatorRef: orders
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - {displayName: Most, target: 0.999}
    - {targetPercent: 99.99}
  alertPolicies: [{alertPolicyRef: page}]
"""
_SLI = """
apiVersion: openslo/v1
kind: SLI
metadata: {name: orders}
spec:
  ratioMetric:
    counter: true
    good: {metricSource: {metricSourceRef: main, spec: {query: 'orders_total{outcome="ok"}'}}}
    total: {metricSource: {metricSourceRef: main, spec: {query: orders_total}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: main}
spec: {type: Prometheus}
"""
_ALPHA = """
apiVersion: openslo/v1alpha
kind: SLO
metadata: {name: checkout, displayName: Orders}
spec:
  service: shop
  budgetingMethod: Occurrences
  objectives:
    - ratioMetrics:
        good: {source: prometheus, queryType: promql, query: 'sum(rate(orders_total{outcome="ok"}[{{.window}}]))'}
        total: {source: prometheus, queryType: promql, query: 'sum(rate(orders_total[{{.window}}]))'}
      target: 0.995
  timeWindows: [{count: 30, unit: Day}]
"""
_NOBL9 = """
apiVersion: n9/v1alpha
kind: SLO
metadata: {name: checkout, project: default, labels: {area: [web, shop], tier: "1"}}
spec:
  service: shop
  indicator: {metricSource: {name: prometheus}}
  budgetingMethod: Occurrences
  timeWindows: [{unit: Day, count: 30, isRolling: true}]
  objectives:
    - name: good
      target: 0.99
      countMetrics:
        incremental: true
        good: {prometheus: {promql: 'orders_total{outcome="ok"}'}}
        total: {prometheus: {promql: orders_total}}
    - name: fast
      target: 0.95
      op: lte
      value: 0.2
      rawMetric: {query: {prometheus: {promql: 'max(latency_seconds)'}}}
"""
_EVENTS = {"events": {"good": 'orders_total{outcome="ok"}', "total": "orders_total"}, "external": True}


def test_each_objective_of_a_document_is_one_of_ours(tmp_path: Path) -> None:
    found = imported(tmp_path, "openslo", _V1, _SLI)
    assert {name: (slo["objective"], slo["window"], slo["sli"]) for name, slo in slos(found).items()} == {
        "checkout-most": ("99.9%", "28d", _EVENTS),
        "checkout-2": ("99.99%", "28d", _EVENTS),
    }
    assert yaml.safe_load(found.text)["service"] == "shop"
    assert any(one.startswith("14 alertPolicies") for one in said(found, "dropped"))


def test_an_indicator_in_a_file_that_was_not_named_is_missed(tmp_path: Path) -> None:
    found = imported(tmp_path, "openslo", _V1)
    assert found.count == 0
    assert all("no file has the SLI 'orders'; name its file too" in one for one in said(found, "refused"))


def test_v1alpha_with_rates(tmp_path: Path) -> None:
    assert slos(imported(tmp_path, "openslo", _ALPHA))["checkout"] == {
        "name": "checkout",
        "description": "Orders",
        "objective": "99.5%",
        "window": "30d",
        "sli": _EVENTS,
    }


@pytest.mark.parametrize(
    ("old", "new", "sli"),
    [
        (
            "good: {metricSource: {metricSourceRef: main, spec: {query: 'orders_total{outcome=\"ok\"}'}}}\n    total:",
            "rawType: success\n    raw:",
            {"ratio": "1 - avg(orders_total)", "external": True},
        ),
        (
            "good:",
            "bad:",
            {"events": {"bad": 'orders_total{outcome="ok"}', "total": "orders_total"}, "external": True},
        ),
    ],
)
def test_other_kinds_of_ratios(tmp_path: Path, old: str, new: str, sli: dict[str, Any]) -> None:
    assert slos(imported(tmp_path, "openslo", _V1, _SLI.replace(old, new)))["checkout-2"]["sli"] == sli


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("type: Prometheus", "type: Datadog", "is Datadog, and rules read Prometheus only"),
        ("counter: true", "counter: false", "without rate() or increase()"),
        ("    good:", "    best:", "has neither good nor bad"),
        ("budgetingMethod: Occurrences", "budgetingMethod: Timeslices", "counts events, not time slices"),
        ("duration: 28d", "duration: 3M", "is several months"),
        ("duration: 28d", "duration: 28 days", "is not a duration"),
        ("target: 0.999", "target: 99.9", "is not an objective"),
    ],
)
def test_a_refused_objective_says_why(tmp_path: Path, old: str, new: str, reason: str) -> None:
    found = imported(tmp_path, "openslo", _V1.replace(old, new), _SLI.replace(old, new))
    assert any(reason in one for one in said(found, "refused"))


@pytest.mark.parametrize(
    ("start", "changed"),
    [
        ("2022-01-01 00:00:00", ""),
        ("2022-01-01", ""),
        ("2022-01-01 12:00:00", "begins at 2022-01-01 12:00:00, and on the first of each month here"),
        ("2022-01-05 00:00:00", "begins at 2022-01-05 00:00:00, and on the first of each month here"),
    ],
)
def test_a_month_of_the_calendar_is_one_here(tmp_path: Path, start: str, changed: str) -> None:
    calendar = (
        f"{{duration: 1M, isRolling: false, calendar: {{startTime: {start}, timeZone: Europe/Berlin}}}}"
    )
    found = imported(tmp_path, "openslo", _V1.replace("{duration: 28d, isRolling: true}", calendar), _SLI)
    slo = slos(found)["checkout-most"]
    assert (slo["window"], slo["time_zone"]) == ("month", "Europe/Berlin")
    # One for each of the two objectives.
    notes = [one for one in said(found, "changed") if "on the first of each" in one]
    assert [changed in one for one in notes] == ([True, True] if changed else [])


@pytest.mark.parametrize(
    ("window", "own", "note"),
    [
        (
            "{duration: 1M, isRolling: true}",
            "30d",
            "is a month that moves, and is a rolling window of 30d here",
        ),
        (
            "{duration: 7d, isRolling: false, calendar: {startTime: 2022-01-01, timeZone: UTC}}",
            "7d",
            "follows the calendar, and is a rolling window of 7d here",
        ),
    ],
)
def test_other_windows_roll(tmp_path: Path, window: str, own: str, note: str) -> None:
    found = imported(tmp_path, "openslo", _V1.replace("{duration: 28d, isRolling: true}", window), _SLI)
    assert slos(found)["checkout-most"]["window"] == own
    assert any(note in one for one in said(found, "changed"))


@pytest.mark.parametrize(("tool", "text"), [("openslo", "_V1"), ("nobl9", "_NOBL9")])
def test_a_document_may_be_a_list_of_objects(tmp_path: Path, tool: str, text: str) -> None:
    """As `sloctl get` and `oslo fmt` write them."""
    whole = {"_V1": _V1, "_NOBL9": _NOBL9}[text]
    parts = [part for part in whole.split("---\n") if part.strip()]
    listed = "".join(
        "\n".join(
            f"{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(part.strip().splitlines())
        )
        + "\n"
        for part in parts
    )
    others = [_SLI] if tool == "openslo" else []
    assert slos(imported(tmp_path, tool, listed, *others)) == slos(imported(tmp_path, tool, whole, *others))


def test_nobl9_counts_and_thresholds(tmp_path: Path) -> None:
    found = imported(tmp_path, "nobl9", _NOBL9)
    assert {name: slo["sli"] for name, slo in slos(found).items()} == {
        "checkout-good": _EVENTS,
        "checkout-fast": {"boolean": "((max(latency_seconds)) >= -Inf) <= bool 0.2", "external": True},
    }
    assert slos(found)["checkout-good"]["labels"] == {"tier": "1"}
    assert any("labels.area is a list" in one for one in said(found, "dropped"))


def test_managed_prometheus_is_prometheus(tmp_path: Path) -> None:
    found = imported(tmp_path, "nobl9", _NOBL9.replace("prometheus: {promql", "amazonPrometheus: {promql"))
    assert slos(found) == slos(imported(tmp_path, "nobl9", _NOBL9))


def test_a_histogram_with_the_name_of_a_packs_metric_is_counted(tmp_path: Path) -> None:
    of = 'http_request_duration_seconds_{}{{handler="/pay"{}}}'
    good, total = of.format("bucket", ',le="2.5"'), of.format("count", "")
    text = _SLI.replace('orders_total{outcome="ok"}', good).replace(
        "query: orders_total", f"query: '{total}'"
    )
    (sli, *_) = [slo["sli"] for slo in slos(imported(tmp_path, "openslo", _V1, text)).values()]
    assert sli == {"events": {"good": good, "total": total}, "external": True}


def test_nobl9_reads_other_sources_too(tmp_path: Path) -> None:
    found = imported(
        tmp_path, "nobl9", _NOBL9.replace("prometheus: {promql: orders_total}", "datadog: {query: x}")
    )
    assert any("reads datadog, and rules read Prometheus only" in one for one in said(found, "refused"))
    assert [*slos(found)] == ["checkout-fast"]
