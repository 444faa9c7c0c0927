"""Writing a request the short way leaves what prometheus-client's own methods would have left."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from backend_instrumentation.http_metrics import request_series
from backend_instrumentation.http_metrics.request_series import RequestSeries, writer

BUCKETS = (0.0, 0.5, 1.0)
SECONDS = st.floats(0, 2) | st.sampled_from([0.0, 0.5, 1.0, 1e9, float("inf")])
WAYS = pytest.mark.parametrize("way", ["unlocked", "locked", "public"])


def children() -> tuple[CollectorRegistry, Counter, Histogram]:
    registry = CollectorRegistry()
    counter = Counter("requests_total", "Requests.", ["a"], registry=registry)
    histogram = Histogram("seconds", "Seconds.", ["a"], registry=registry, buckets=BUCKETS)
    return registry, counter.labels("x"), histogram.labels("x")


def made(way: str, counter: Any, histogram: Any, patched: pytest.MonkeyPatch) -> request_series.Write:
    if way == "locked":
        patched.setattr(request_series, "_ALONE", False)
    if way == "public":
        patched.delattr(histogram, "_upper_bounds")
        written = writer(counter, histogram)
        patched.undo()
        return written
    return writer(counter, histogram)


def lines(registry: CollectorRegistry) -> list[str]:
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


@WAYS
@given(taken=st.lists(SECONDS, max_size=6))
def test_it_leaves_what_the_public_methods_leave(way: str, taken: list[float]) -> None:
    registry, counter, histogram = children()
    expected, their_counter, their_histogram = children()
    with pytest.MonkeyPatch.context() as patched:
        write = made(way, counter, histogram, patched)
        assert write.__qualname__.startswith(f"_{way}.")
        for seconds in taken:
            write(seconds)
            their_counter.inc()
            their_histogram.observe(seconds)
    assert lines(registry) == lines(expected)


def test_threads_lose_nothing() -> None:
    _, counter, histogram = children()
    write = writer(counter, histogram)

    def many() -> None:
        for _ in range(50_000):
            write(0.25)

    threads = [threading.Thread(target=many) for _ in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert counter._value.get() == 400_000
    assert histogram._sum.get() == 100_000
    assert histogram._buckets[1].get() == 400_000


def test_an_exemplar_that_is_refused_loses_neither_the_count_nor_the_duration() -> None:
    _, counter, histogram = children()
    with pytest.raises(ValueError, match=r"."):
        RequestSeries(counter, histogram, "/", ()).write_with_exemplar(0.25, {"key": "x" * 500})
    assert counter._value.get() == 1
    assert histogram._sum.get() == 0.25
