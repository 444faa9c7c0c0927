"""Recording never raises: before initialization nothing happens, after it what does not fit is counted."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backend_instrumentation import (
    ExecutorMetrics,
    LateMetrics,
    get_global_metrics,
    get_metrics_summary,
    record_duration,
    record_operation,
)

from ..components import close, initialized, scrape, url_of, value


def counted(metrics: ExecutorMetrics, operation_type: str, success: str = "true") -> float | None:
    return value(metrics, "operations_total", operation_type=operation_type, success=success)


def test_operations_are_counted_and_their_durations_observed() -> None:
    metrics = initialized(metrics_port=0)
    record_operation("sync")
    record_operation("sync", False, 0.5)
    record_operation(operation_type="sync", success=True, duration=0.25)
    record_duration("sync", 2)
    assert (counted(metrics, "sync"), counted(metrics, "sync", "false")) == (2, 1)
    assert value(metrics, "operation_duration_seconds_sum", operation_type="sync") == 2.75
    assert metrics.records == 4


def test_a_label_names_the_instance() -> None:
    initialized(metrics_port=0)
    storage = initialized(metrics_port=0, instance_name="storage")
    record_operation("read", instance_name="storage")
    record_duration("read", 1, instance_name="storage")
    record_operation("read", instance_name="nobody")
    assert counted(storage, "read") == 1
    assert get_metrics_summary()["by_instance"]["default"]["records"] == 0


def test_labels_that_are_not_declared_are_dropped_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    metrics = initialized(metrics_port=0)
    for number in range(5):
        record_operation("sync", user=f"u{number}", component="another")
        record_duration("sync", 1, user=f"u{number}")
    assert counted(metrics, "sync") == 5
    assert metrics.dropped_labels == 15
    assert get_metrics_summary()["errors"] == 15
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "operations_total has no label 'user'",
        "operations_total has no label 'component'",
        "operation_duration_seconds has no label 'user'",
    ]


def test_labels_may_be_declared(caplog: pytest.LogCaptureFixture) -> None:
    metrics = initialized(metrics_port=0, config={"labels": ["queue"]})
    record_operation("sync", duration=1, queue="mail")
    record_operation("sync", duration=1)
    page = scrape(url_of(metrics))
    assert (
        'operations_total{component="default",operation_type="sync",queue="mail",success="true"} 1.0' in page
    )
    assert 'operations_total{component="default",operation_type="sync",queue="",success="true"} 1.0' in page
    assert caplog.records == []


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __bool__ = __float__ = __hash__ = __str__  # type: ignore[assignment]


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=300), st.binary(),
    st.lists(st.integers(), max_size=2), st.builds(Hostile),
)  # fmt: skip
LABELS = st.dictionaries(
    st.sampled_from(["self", "amount", "queue", "le", "component", "a b", ""]), ANY, max_size=3
)


@hypothesis_settings(max_examples=100, deadline=None)
@given(operation=ANY, success=ANY, duration=ANY, labels=LABELS)
def test_whatever_it_is_given_it_does_not_raise_and_the_page_stays_readable(
    operation: Any, success: Any, duration: Any, labels: dict[str, Any]
) -> None:
    metrics = get_global_metrics() or initialized(metrics_port=0)
    record_operation(operation, success, duration, **labels)
    record_duration(operation, duration, **labels)
    metrics.record_operation(operation, success, duration, **labels)
    metrics.record_duration(operation, duration, **labels)
    LateMetrics().record_operation(operation, success, duration, **labels)
    with metrics.operation(operation, **labels):
        pass
    json.dumps(get_metrics_summary(), allow_nan=False)
    samples = [each for metric in metrics.registry.collect() for each in metric.samples]
    assert all(
        each.value == each.value and each.value not in (float("inf"), float("-inf")) for each in samples
    )


def test_the_page_is_readable_after_nonsense() -> None:
    metrics = initialized(metrics_port=0)
    for nonsense in ("two\nlines", '"', "\\", "\ud800", "x" * 10_000, "", None, 7, b"raw", Hostile()):
        record_operation(nonsense, nonsense, nonsense)  # type: ignore[arg-type]
    scrape(url_of(metrics))
    assert counted(metrics, "two\nlines") == 1


@pytest.mark.parametrize("duration", [-0.1, float("nan"), float("inf"), "long", []])
def test_a_duration_that_is_none_is_a_counted_failure_and_the_operation_counts(duration: Any) -> None:
    metrics = initialized(metrics_port=0)
    record_operation("sync", duration=duration)
    record_duration("sync", duration)
    assert counted(metrics, "sync") == 1
    assert value(metrics, "operation_duration_seconds_count", operation_type="sync") in (None, 0)
    assert get_metrics_summary()["errors"] == 2


def test_types_of_operations_are_bounded() -> None:
    metrics = initialized(metrics_port=0)
    for number in range(5000):
        record_operation(f"type {number}")
    assert counted(metrics, "__other__") == 4800
    assert get_metrics_summary()["series"] < 250


def test_calls_from_many_threads_are_all_counted() -> None:
    metrics = initialized(metrics_port=0)

    def work() -> None:
        for _ in range(500):
            record_operation("sync", duration=0.01)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(metrics, "sync") == 4000 == metrics.records


def test_an_operation_can_be_timed_as_a_block_and_a_decorator() -> None:
    metrics = initialized(metrics_port=0)

    @metrics.operation("double")
    async def double(number: int) -> int:
        return number * 2

    assert asyncio.run(double(4)) == 8
    with pytest.raises(ValueError, match="bad"), metrics.operation("double"):
        raise ValueError("bad")
    assert (counted(metrics, "double"), counted(metrics, "double", "false")) == (1, 1)


def test_a_component_may_have_metrics_of_its_own() -> None:
    own = [
        {"name": "queue_depth", "type": "gauge", "labels": ["queue"]},
        {"name": "jobs_total", "type": "counter", "labels": ["kind"], "allowed": {"kind": ["a", "b"]}},
    ]
    metrics = initialized(metrics_port=0, instance_name="tools", config={"metrics": own})
    page = scrape(url_of(metrics))
    assert 'jobs_total{component="tools",kind="b"} 0.0' in page
    assert "queue_depth{" not in page
    metrics.own.queue_depth.set(3, queue="mail")
    metrics.own.jobs_total.inc(kind="c")
    assert metrics.records == 2
    page = scrape(url_of(metrics))
    assert 'queue_depth{component="tools",queue="mail"} 3.0' in page
    assert 'jobs_total{component="tools",kind="__other__"} 1.0' in page


def test_the_bounds_of_durations_are_those_that_the_generator_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {"version": 1, "packs": ["operations"], "buckets": {"operation_duration_seconds": [0.7, 9]}}
    path = tmp_path / "instrumentation.json"
    path.write_text(json.dumps(document))
    monkeypatch.setenv("INSTRUMENTATION_CONFIG", str(path))
    metrics = initialized(metrics_port=0)
    record_duration("sync", 0.6)
    found = {
        each.labels["le"]
        for metric in metrics.registry.collect()
        for each in metric.samples
        if each.name == "operation_duration_seconds_bucket"
    }
    assert found == {"0.7", "9.0", "+Inf"}


def test_what_was_kept_before_initialization_records_from_then_on() -> None:
    late = LateMetrics()

    @late.operation("job")
    def job() -> None: ...

    late.record_operation("early")
    job()
    assert late.metrics is None
    for round_ in range(2):
        metrics = initialized(metrics_port=0)
        late.record_operation("sync", duration=0.1)
        late.record_duration("sync", 0.1)
        job()
        with late.operation("block"):
            pass
        assert late.metrics is metrics, round_
        assert counted(metrics, "early") is None
        assert (counted(metrics, "sync"), counted(metrics, "job"), counted(metrics, "block")) == (1, 1, 1)
        assert value(metrics, "operation_duration_seconds_count", operation_type="sync") == 2
        close()
    late.record_operation("after")


def test_late_metrics_know_their_instance() -> None:
    late = LateMetrics("storage")
    initialized(metrics_port=0)
    late.record_operation("read")
    storage = initialized(metrics_port=0, instance_name="storage")
    late.record_operation("read")
    assert counted(storage, "read") == 1
