"""What the package writes itself is what prometheus-client would have written, byte for byte."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.registry import Collector

from backend_instrumentation import Instruments
from backend_instrumentation.config.settings import parse
from backend_instrumentation.exposition.renderer import render
from backend_instrumentation.exposition.text_format import OPEN_METRICS, TEXT, Format, negotiated
from backend_instrumentation.guard import Guard

STYLES = pytest.mark.parametrize("style", [TEXT, OPEN_METRICS], ids=["text", "openmetrics"])
DOCUMENT = {
    "version": 1,
    "packs": ["http", "sandbox", "ai"],
    "buckets": {"ai_response_duration_seconds": [-1, 0, 0.5, 1000000, 12345678.5]},
    "metrics": [
        {
            "name": "odd_total",
            "type": "counter",
            "labels": ["b", "a"],
            "help": 'a "quoted" \\ help\nof two lines',
        },
        {"name": "degrees", "type": "histogram", "labels": ["z"], "buckets": [-10, 0, 10]},
    ],
}
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
VALUES = st.text(max_size=8) | st.sampled_from(["\n", '"', "\\", "x" * 10_000, "é", "\\n"])
AMOUNTS = (
    st.floats(0, 1e12) | st.integers(0, 10**9) | st.sampled_from([0.1, 1e6, 999_999.5, 1e300, float("inf")])
)


def quiet() -> Guard:
    return Guard(lambda: None)


@STYLES
@limits(max_examples=150, deadline=None)
@given(writes=st.lists(st.tuples(VALUES, VALUES, AMOUNTS), max_size=8), exemplars=st.booleans())
def test_families_are_written_as_prometheus_client_writes_them(
    style: Format, writes: list[tuple[str, str, float]], exemplars: bool
) -> None:
    registry = CollectorRegistry()
    instruments = Instruments(parse(DOCUMENT), registry=registry)
    for one, two, amount in writes:
        exemplar = {"trace_id": one[:20]} if exemplars else None
        instruments.counter("odd_total").labels(one, two).inc(amount, exemplar)
        instruments.histogram("degrees").labels(one).observe(amount - 5, exemplar)
        instruments.histogram("ai_response_duration_seconds").labels(two).observe(amount, exemplar)
        instruments.gauge("sandbox_pool_available").set(amount)
    for _ in range(2):  # the second time from what it remembers
        assert render(registry, style, quiet()) == style.encode(registry)


@STYLES
def test_our_families_take_the_fast_way_and_removed_series_are_forgotten(style: Format) -> None:
    registry = CollectorRegistry()
    instruments = Instruments(parse(DOCUMENT), registry=registry)
    exposed = instruments._families["odd_total"]
    for number in range(50):
        instruments.counter("odd_total").labels("x", number).inc()
    render(registry, style, quiet())
    assert len(exposed.prefixes) == 50
    instruments.counter("odd_total").clear()
    render(registry, style, quiet())
    assert exposed.prefixes == {}


@STYLES
def test_a_prometheus_client_that_keeps_its_values_otherwise_writes_them_itself(
    style: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend_instrumentation.registry.collectors import ExposedFamily

    def other(_: object) -> Any:
        raise AttributeError("_metrics")

    registry = CollectorRegistry()
    Instruments(parse(DOCUMENT), registry=registry).counter("odd_total").labels("a", "b").inc()
    expected = style.encode(registry)
    monkeypatch.setattr(ExposedFamily, "children", other)
    assert render(registry, style, quiet()) == expected


@STYLES
def test_half_a_character_in_a_label_does_not_hide_the_others(style: Format) -> None:
    registry = CollectorRegistry()
    instruments = Instruments(parse(DOCUMENT), registry=registry)
    instruments.counter("odd_total").labels("\ud800", "x").inc()
    text = render(registry, style, quiet()).decode()
    assert 'odd_total{a="x",b="?"} 1.0' in text
    assert "sandbox_executions_total{" in text


@STYLES
def test_a_foreign_metric_that_cannot_be_written_is_left_out_and_noted(style: Format) -> None:
    class Odd(Collector):
        def collect(self) -> Any:
            metric = Metric("odd", "A label that is no text.", "gauge")
            metric.add_sample("odd", {"label": 7}, 1)  # type: ignore[dict-item]
            return [metric]

    registry, noted = CollectorRegistry(), []
    Gauge("before", "Theirs.", registry=registry).set(1)
    registry.register(Odd())
    Gauge("after", "Theirs.", registry=registry).set(2)
    text = render(registry, style, Guard(lambda: noted.append(1))).decode()
    assert "before 1.0\n" in text
    assert "after 2.0\n" in text
    assert "odd" not in text
    assert noted == [1]


def test_openmetrics_with_foreign_collectors_has_one_end() -> None:
    registry = CollectorRegistry()
    Counter("theirs", "Theirs.", registry=registry).inc(1, {"trace_id": "abc"})
    Instruments(parse(DOCUMENT), registry=registry).counter("odd_total").labels("a", "b").inc(1, {"k": "v"})
    text = render(registry, OPEN_METRICS, quiet()).decode()
    assert text.count("# EOF") == 1
    assert {"theirs", "odd", "degrees"} <= {family.name for family in parse_openmetrics(text)}  # type: ignore[no-untyped-call]


def test_series_made_while_rendering_are_no_failure() -> None:
    registry = CollectorRegistry()
    odd = Instruments(parse(DOCUMENT), registry=registry).counter("odd_total")
    stop, noted = threading.Event(), []

    def writing() -> None:
        number = 0
        while not stop.is_set():
            odd.labels("x", str(number % 200)).inc()
            number += 1

    thread = threading.Thread(target=writing)
    thread.start()
    try:
        for _ in range(10):
            render(registry, TEXT, Guard(lambda: noted.append(1)))
    finally:
        stop.set()
        thread.join()
    assert noted == []


@pytest.mark.parametrize(
    ("accept", "style"),
    [
        ("", TEXT),
        ("application/openmetrics-text", OPEN_METRICS),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", OPEN_METRICS),
        ('application/openmetrics-text; version="1.0.0"', OPEN_METRICS),
        ("application/openmetrics-text;version=2.0.0", TEXT),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.8", TEXT),
        ("text/plain;q=0.2, application/openmetrics-text;q=0.8", OPEN_METRICS),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;q=nonsense", TEXT),
        (PROMETHEUS_3, OPEN_METRICS),
    ],
)
def test_the_format_with_the_highest_weight_wins(accept: str, style: Format) -> None:
    assert negotiated(accept) is style
