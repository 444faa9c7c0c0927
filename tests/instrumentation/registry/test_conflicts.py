"""A metric whose name the application took is shown, counted and logged: rules must not read it unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, Summary, make_asgi_app
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector
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
    assert set(found) == {"orders_total", "system_memory_total_bytes"}
    assert registry.get_sample_value("process_memory_limit_bytes")
    assert registry.get_sample_value("instrumentation_errors_total") == len(found)


def test_a_name_that_is_free_again_is_ours(registry: CollectorRegistry) -> None:
    theirs = Counter("http_requests_total", "Theirs.", registry=registry)
    app = Starlette(routes=[Route("/pay", fail)])
    instrument(app, registry=registry, config=Settings())
    call(app, "/pay")
    assert _conflicts(registry) == {"http_requests_total": 1}
    registry.unregister(theirs)
    assert _conflicts(registry) == {"http_requests_total": 0}
    assert 'handler="/pay",method="GET",status_code="500"} 1.0' in call(app, "/metrics").body.decode()


LATER: dict[str, Any] = {
    "http_requests_total": lambda name, registry: Counter(name, "Theirs.", registry=registry),
    "http_requests_in_progress": lambda name, registry: Gauge(name, "Theirs.", registry=registry),
    "http_request_duration_seconds": lambda name, registry: Summary(name, "Theirs.", registry=registry),
    "system_memory_total_bytes": lambda name, registry: Gauge(name, "Theirs.", registry=registry),
    "orders_total": lambda name, registry: Counter(name, "Theirs.", registry=registry),
}


@pytest.mark.parametrize("name", LATER)
@pytest.mark.parametrize("late", [True, False], ids=["after", "before"])
def test_a_name_that_the_application_registers_is_its_own_at_any_time(
    name: str, late: bool, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    orders = {"name": "orders_total", "type": "counter", "help": "Orders."}
    config = parse({"version": 1, "packs": ["http", "system"], "metrics": [orders]})
    apps = [Starlette(routes=[Route("/pay", fail)]) for _ in range(2)]
    theirs = None if late else LATER[name](name, registry)
    for app in apps:
        instrument(app, registry=registry, config=config)
        assert call(app, "/pay").status == 500
    if theirs is None:
        assert _conflicts(registry) == {}
        theirs = LATER[name](name, registry)
    assert len(caplog.records) == (not late)
    for style in ("text/plain", "application/openmetrics-text; version=1.0.0"):
        text = call(apps[0], "/metrics", headers=[("accept", style)]).body.decode()
        kinds = [line for line in text.splitlines() if line.startswith("# TYPE")]
        assert len({line.split()[2] for line in kinds}) == len(kinds)
        plain = name.removesuffix("_total") if "openmetrics" in style else name
        assert text.count(f"# HELP {plain} ") == text.count(f"# HELP {plain} Theirs.\n") == 1
        assert f'instrumentation_metric_conflicts{{metric="{name}"}} 1.0\n' in text
    assert _conflicts(registry) == {name: 1}
    (record,) = caplog.records
    assert record.getMessage().startswith(f"not exposed, because the name is taken: {name}: ")
    text = call(apps[0], f"/metrics?name[]={name}&name[]=instrumentation_errors_total").body.decode()
    assert "Theirs." in text or name == "http_request_duration_seconds"  # of which only _count and _sum exist
    assert "instrumentation_errors_total 2.0\n" in text  # one an application


def test_the_names_of_the_process_are_no_conflict() -> None:
    registry = CollectorRegistry(auto_describe=True)  # as prometheus-client's own
    instrument(Starlette(), registry=registry, config=Settings())
    ProcessCollector(registry=registry)
    assert _conflicts(registry) == {}
    names = [metric.name for metric in registry.collect()]
    assert names.count("process_open_fds") == 1


def test_a_collector_that_describes_no_names_is_shown_once(registry: CollectorRegistry) -> None:
    class Nameless(Collector):
        def collect(self) -> Any:
            yield CounterMetricFamily("http_requests", "Theirs.", 7)

    app = Starlette(routes=[Route("/pay", fail)])
    instrument(app, registry=registry, config=Settings())
    registry.register(Nameless())
    text = call(app, "/metrics").body.decode()
    assert text.count("# TYPE http_requests_total counter") == 1
    assert "http_requests_total 7.0\n" in text


def test_pages_of_others_show_ours_too(registry: CollectorRegistry) -> None:
    app = Starlette(routes=[Route("/pay", fail)])
    instrument(app, registry=registry, config=Settings())
    app.mount("/theirs", make_asgi_app(registry))
    call(app, "/pay")
    assert (
        'http_requests_total{handler="/pay",method="GET",status_code="500"} 1.0'
        in call(app, "/theirs/").body.decode()
    )


def test_the_last_user_of_a_registry_leaves_nothing_in_it(registry: CollectorRegistry) -> None:
    handles = [instrument(Starlette(), registry=registry, config=Settings()) for _ in range(2)]
    for handle in handles:
        assert list(registry.collect())
        handle.uninstrument()
    assert list(registry.collect()) == []
    assert registry._collector_to_names == {}
