"""A metric whose name the application took is shown, counted and logged: rules must not read it unnoticed."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import Instruments, instrument
from backend_instrumentation.config.settings import Settings, parse

from ..asgi_driver import call


async def fail(_: Request) -> Response:
    return PlainTextResponse("no", 500)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def _conflicts(registry: CollectorRegistry) -> dict[str, float]:
    return {
        sample.labels["metric"]: sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "instrumentation_metric_conflicts"
    }


def test_a_counter_of_the_application_with_our_name_is_shown_on_the_metrics_page(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = Counter("http_requests_total", "Theirs.", ["method", "status"], registry=registry)
    theirs.labels("GET", "200").inc()
    app = Starlette(routes=[Route("/pay", fail)])
    instrument(app, registry=registry, config=Settings())
    for _ in range(3):
        assert call(app, "/pay").status == 500
    text = call(app, "/metrics").body.decode()
    # All requests fail, and the only counter of requests shows none of them.
    assert 'http_requests_total{method="GET",status="200"} 1.0' in text
    assert 'status_code="500"' not in "".join(
        line for line in text.splitlines() if line.startswith("http_requests_total")
    )
    assert 'instrumentation_metric_conflicts{metric="http_requests_total"} 1.0\n' in text
    assert "instrumentation_errors_total 1.0\n" in text
    (record,) = caplog.records
    message = record.getMessage()
    assert message.startswith("not exposed, because the name is taken: http_requests_total: ")
    assert message.endswith("; rename the other metric, because rules and dashboards read it instead of ours")


def test_names_that_are_free_have_no_series(registry: CollectorRegistry) -> None:
    app = Starlette(routes=[Route("/pay", fail)])
    instrument(app, registry=registry, config=Settings())
    text = call(app, "/metrics").body.decode()
    assert "# TYPE instrumentation_metric_conflicts gauge\n" in text
    assert "instrumentation_metric_conflicts{" not in text
    assert "instrumentation_errors_total 0.0\n" in text


def test_another_definition_of_a_shared_family_is_a_conflict_too(registry: CollectorRegistry) -> None:
    Instruments(Settings(), registry=registry)
    buckets = {"http_request_duration_seconds": [1, 2]}
    Instruments(parse({"version": 1, "packs": ["http"], "buckets": buckets}), registry=registry)
    assert _conflicts(registry) == {"http_request_duration_seconds": 1}


def test_the_readings_of_the_machine_and_declared_metrics_are_watched_too(
    registry: CollectorRegistry,
) -> None:
    Gauge("system_memory_total_bytes", "Theirs.", registry=registry)
    Gauge("orders_total", "Theirs.", registry=registry)
    orders = {"name": "orders_total", "type": "counter", "help": "Orders."}
    Instruments(parse({"version": 1, "packs": ["http", "system"], "metrics": [orders]}), registry=registry)
    found = _conflicts(registry)
    assert {"orders_total", "system_memory_total_bytes", "process_memory_limit_bytes"} <= set(found)
    assert "process_cpu_seconds_total" not in found
    assert registry.get_sample_value("instrumentation_errors_total") == len(found)


def test_a_name_that_is_free_again_is_ours_after_the_next_start(registry: CollectorRegistry) -> None:
    theirs = Counter("http_requests_total", "Theirs.", registry=registry)
    app = Starlette(routes=[Route("/pay", fail)])
    instrument(app, registry=registry, config=Settings()).uninstrument()
    registry.unregister(theirs)
    instrument(app, registry=registry, config=Settings())
    assert _conflicts(registry) == {}
