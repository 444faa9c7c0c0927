"""Label values and numbers are checked: what does not fit is bounded, dropped or refused, never raised."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from backend_instrumentation import Instruments
from backend_instrumentation.recording.bounded_metric import Bounds
from backend_instrumentation.recording.label_values import MOST_CHARACTERS

SPEC = {
    "version": 1,
    "packs": ["http"],
    "metrics": [
        {"name": "orders_total", "type": "counter", "labels": ["channel"],
         "allowed": {"channel": ["web", "shop"]}},
        {"name": "jobs_total", "type": "counter", "labels": ["kind"]},
        {"name": "pairs_total", "type": "counter", "labels": ["a", "b"]},
        {"name": "depth", "type": "gauge", "labels": ["queue"]},
        {"name": "warmth_celsius", "type": "histogram", "buckets": [0, 10]},
        {"name": "wait_seconds", "type": "histogram", "buckets": [1, 2]},
    ],
}  # fmt: skip


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def instruments(registry: CollectorRegistry) -> Instruments:
    return Instruments.from_spec(SPEC, registry=registry)


def rows(registry: CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name
    }


def errors(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("instrumentation_errors_total")


def test_a_value_outside_the_closed_set_is_other(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    for channel in ("web", "fax", "", None, 7):
        instruments.own.orders_total.inc(channel=channel)
    assert rows(registry, "orders_total") == {("web",): 1, ("shop",): 0, ("__other__",): 4}


class Colour(Enum):
    RED = "red"


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a", "a"), (1, "1"), (True, "true"), (False, "false"), (None, ""), (Colour.RED, "red"),
     ("two\nlines", "two\nlines"), ('"\\', '"\\'), ("x" * 10_000, "x" * MOST_CHARACTERS),
     ("\ud800", "?"), (b"raw", "b'raw'"), (["list"], "['list']")],
)  # fmt: skip
def test_any_object_can_be_a_label_value_and_the_page_stays_readable(
    value: object, shown: str, instruments: Instruments, registry: CollectorRegistry
) -> None:
    for _ in range(2):
        instruments.own.jobs_total.inc(kind=value)
    assert rows(registry, "jobs_total") == {(shown,): 2}
    parsed = {each.name: each for each in openmetrics(generate_openmetrics(registry).decode())}
    assert parsed["jobs"].samples[0].labels == {"kind": shown}
    generate_latest(registry)


def test_a_value_that_cannot_be_told_is_a_counted_failure(
    instruments: Instruments, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        instruments.own.jobs_total.inc(kind=Unspeakable())
    assert rows(registry, "jobs_total") == {}
    assert errors(registry) == 3
    assert len(caplog.records) == 1


def test_an_open_label_is_bounded(instruments: Instruments, registry: CollectorRegistry) -> None:
    for number in range(1000):
        instruments.own.jobs_total.inc(kind=f"k{number}")
    found = rows(registry, "jobs_total")
    assert len(found) == 201
    assert found[("__other__",)] == 800
    instruments.own.jobs_total.inc(kind="k7")
    assert rows(registry, "jobs_total")[("k7",)] == 2


def test_the_series_of_one_family_are_bounded(instruments: Instruments, registry: CollectorRegistry) -> None:
    instruments.recording.context.bounds = Bounds(label_values=100, series=50)
    for number in range(400):
        instruments.own.pairs_total.inc(a=number % 20, b=number // 20)
    found = rows(registry, "pairs_total")
    assert len(found) == 51
    assert sum(found.values()) == 400
    assert found[("__other__", "__other__")] == 350


def test_a_label_that_is_not_declared_is_dropped_counted_and_logged_once(
    instruments: Instruments, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        instruments.own.jobs_total.inc(kind="a", user="alice")
        instruments.own.wait_seconds.observe(1, user="alice")
    assert rows(registry, "jobs_total") == {("a",): 3}
    assert rows(registry, "wait_seconds_count") == {(): 3}
    assert instruments.recording.context.stats.dropped_labels == 6
    assert [record.getMessage() for record in caplog.records] == [
        "jobs_total has no label 'user': it is dropped, and further ones are only counted",
        "wait_seconds has no label 'user': it is dropped, and further ones are only counted",
    ]


def test_the_log_of_dropped_labels_is_bounded(
    instruments: Instruments, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(500):
        instruments.own.jobs_total.inc(kind="a", **{f"label_{number}": 1})
    assert len(caplog.records) == 100
    assert instruments.recording.context.stats.dropped_labels == 500


def test_a_label_that_is_missing_is_empty(instruments: Instruments, registry: CollectorRegistry) -> None:
    instruments.own.pairs_total.inc(a="x")
    instruments.own.orders_total.inc()
    assert rows(registry, "pairs_total") == {("x", ""): 1}
    assert rows(registry, "orders_total")[("__other__",)] == 1


NONSENSE: tuple[Any, ...] = (
    float("nan"),
    float("inf"),
    float("-inf"),
    1.7e308,
    -2e18,
    "many",
    None,
    [],
    object(),
)


@pytest.mark.parametrize("number", [*NONSENSE, -1])
def test_a_number_that_would_spoil_a_series_is_not_recorded(
    number: Any, instruments: Instruments, registry: CollectorRegistry
) -> None:
    instruments.own.jobs_total.inc(2, kind="a")
    instruments.own.wait_seconds.observe(1.5)
    instruments.own.jobs_total.inc(number, kind="a")
    instruments.own.wait_seconds.observe(number)
    assert rows(registry, "jobs_total") == {("a",): 2}
    assert rows(registry, "wait_seconds_sum") == {(): 1.5}
    assert errors(registry) == 2


def test_what_is_no_amount_of_time_may_be_negative(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    instruments.own.warmth_celsius.observe(-4)
    assert rows(registry, "warmth_celsius_sum") == {(): -4}


def test_gauges_appear_when_first_set(instruments: Instruments, registry: CollectorRegistry) -> None:
    assert rows(registry, "depth") == {}
    instruments.own.depth.set(3, queue="mail")
    instruments.own.depth.inc(queue="mail")
    instruments.own.depth.dec(2, queue="mail")
    instruments.own.depth.set("many", queue="mail")  # type: ignore[arg-type]
    assert rows(registry, "depth") == {("mail",): 2}


def test_a_call_that_the_type_does_not_have_is_a_counted_failure(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    instruments.own.jobs_total.observe(1, kind="a")
    instruments.own.jobs_total.set(1, kind="a")
    instruments.own.jobs_total.dec(1, kind="a")
    instruments.own.wait_seconds.inc()
    assert errors(registry) == 4
