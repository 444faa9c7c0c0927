"""The summary and the sums over instances are ready for JSON, and right."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backend_instrumentation import (
    ExecutorMetrics,
    aggregate_metrics,
    get_metrics_summary,
    record_duration,
    record_operation,
)

from ..components import close, initialized, port_of, url_of

GAUGE = [{"name": "queue_depth", "type": "gauge", "labels": ["queue"]}]


def made(name: str, **config: Any) -> ExecutorMetrics:
    metrics = initialized(metrics_port=0, instance_name=name, config=config)
    assert metrics.instance_name == name
    return metrics


def test_the_summary_before_and_after_initialization() -> None:
    expected: dict[str, object] = {
        "enabled": False, "port": None, "url": None, "instances": [], "families": [], "series": 0,
        "records": 0, "errors": 0, "dropped_labels": 0, "since": None, "by_instance": {},
    }  # fmt: skip
    assert get_metrics_summary() == expected
    before = datetime.now(timezone.utc)
    metrics = made("storage")
    made("default")
    record_operation("sync", duration=1)
    summary = json.loads(json.dumps(get_metrics_summary(), allow_nan=False))
    assert list(summary) == list(expected)
    assert summary["enabled"] is True
    assert summary["instances"] == ["default", "storage"]
    assert "operations_total" in summary["families"]
    assert summary["records"] == 1
    assert summary["errors"] == 0
    assert summary["by_instance"]["storage"]["port"] == port_of(metrics)
    assert summary["by_instance"]["storage"]["url"] == url_of(metrics)
    assert summary["port"] == summary["by_instance"]["default"]["port"]
    assert before <= datetime.fromisoformat(summary["since"]) <= datetime.now(timezone.utc)
    shown = sum(len(each.samples) for each in metrics.registry.collect())
    assert summary["by_instance"]["storage"]["series"] == shown == 1
    close()
    assert get_metrics_summary() == expected


def test_counters_are_summed_without_their_component() -> None:
    first, second = made("first"), made("second")
    for metrics, times in ((first, 2), (second, 3)):
        for _ in range(times):
            metrics.record_operation("sync")
    second.record_operation("sync", success=False)
    found = json.loads(json.dumps(aggregate_metrics(["first", second]), allow_nan=False))
    assert found["instances"] == ["first", "second"]
    assert found["missing"] == []
    assert found["counters"]["operations_total"] == [
        {"labels": {"operation_type": "sync", "success": "true"}, "value": 5.0},
        {"labels": {"operation_type": "sync", "success": "false"}, "value": 1.0},
    ]
    assert found["counters"]["instrumentation_errors_total"] == [{"labels": {}, "value": 0.0}]


def test_histograms_are_merged_on_the_bounds_that_all_have() -> None:
    first, second = made("first", buckets=[0.1, 0.5, 1]), made("second", buckets=[0.2, 0.5, 2])
    for metrics in (first, second):
        for seconds in (0.05, 0.15, 0.4, 0.9, 5):
            metrics.record_duration("sync", seconds)
    (row,) = aggregate_metrics([first, second])["histograms"]["operation_duration_seconds"]
    assert row == {
        "labels": {"operation_type": "sync"},
        "buckets": {"0.5": 6.0, "+Inf": 10.0},
        "sum": pytest.approx(13.0),
        "count": 10.0,
    }


BOUNDS = st.lists(st.sampled_from([0.1, 0.25, 0.5, 1.0, 2.5, 5.0]), min_size=1, unique=True)
VALUES = st.lists(st.floats(0, 10), max_size=20)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(BOUNDS, VALUES), min_size=1, max_size=4))
def test_every_merged_bucket_is_what_all_values_together_give(
    parts: list[tuple[list[float], list[float]]],
) -> None:
    instances = [ExecutorMetrics(False, config={"buckets": sorted(each)}) for each, _ in parts]
    for metrics, (_, values) in zip(instances, parts, strict=True):
        metrics._context.enabled = True  # without a port
        for each in values:
            metrics.record_duration("x", each)
    rows = aggregate_metrics(instances)["histograms"]["operation_duration_seconds"]
    everything = sorted(each for _, values in parts for each in values)
    if not everything:
        assert rows == []
        return
    (row,) = rows
    common = set.intersection(*(set(each) for each, values in parts if values))
    assert set(row["buckets"]) == {*map(str, common), "+Inf"}
    for bound, count in row["buckets"].items():
        expected = sum(1 for each in everything if each <= float(bound))
        assert count == expected
    assert row["count"] == len(everything)
    assert row["sum"] == pytest.approx(sum(everything))


def test_gauges_stay_apart_by_component() -> None:
    first, second = made("first", metrics=GAUGE), made("second", metrics=GAUGE)
    first.own.queue_depth.set(3, queue="mail")
    second.own.queue_depth.set(float("nan"), queue="mail")
    found = json.loads(json.dumps(aggregate_metrics([first, second]), allow_nan=False))
    assert found["gauges"]["queue_depth"] == {
        "first": [{"labels": {"queue": "mail"}, "value": 3.0}],
        "second": [{"labels": {"queue": "mail"}, "value": "nan"}],
    }


def test_names_that_there_are_not_are_told_and_a_name_twice_counts_once() -> None:
    metrics = made("default")
    record_operation("sync")
    record_duration("sync", 1)
    found = aggregate_metrics(["default", metrics, "default", "nobody"])
    assert found["missing"] == ["nobody"]
    assert found["counters"]["operations_total"][0]["value"] == 1
    assert aggregate_metrics("default")["instances"] == ["default"]
    assert aggregate_metrics()["instances"] == ["default"]
    assert aggregate_metrics([]) == {
        "instances": [], "missing": [], "counters": {}, "histograms": {}, "gauges": {},
    }  # fmt: skip
