"""One object and one server, however many callers there are; and the port is free again at once."""

from __future__ import annotations

import asyncio
import threading

import pytest
from prometheus_client import REGISTRY

from backend_instrumentation import (
    ExecutorMetrics,
    close_global_metrics,
    get_global_metrics,
    get_metrics_summary,
    initialize_global_metrics,
    is_metrics_initialized,
    record_operation,
)
from backend_instrumentation.global_metrics import metrics_server

from ..components import can_be_bound, close, initialize, initialized, port_of, scrape, url_of, value


def test_callers_from_ten_loops_in_ten_threads_get_one_object_and_one_server() -> None:
    start = threading.Barrier(10)
    found: list[ExecutorMetrics | None] = []

    def caller() -> None:
        async def many() -> None:
            found.extend(
                await asyncio.gather(*(initialize_global_metrics(metrics_port=0) for _ in range(10)))
            )

        start.wait()
        asyncio.run(many())

    threads = [threading.Thread(target=caller) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 100
    assert len({id(each) for each in found}) == 1
    assert found[0] is get_global_metrics()
    assert len(metrics_server._servers) == 1


def test_before_initialization_there_is_nothing_and_nothing_fails() -> None:
    assert get_global_metrics() is None
    assert is_metrics_initialized() is False
    record_operation("sync")
    asyncio.run(close_global_metrics())
    asyncio.run(close_global_metrics("nobody"))
    assert get_metrics_summary()["instances"] == []


def test_the_signature_is_the_agreed_one() -> None:
    assert initialize(True, 0, None, instance_name="storage") is get_global_metrics("storage")
    assert get_global_metrics() is None
    assert is_metrics_initialized() is True


def test_the_series_carry_the_name_of_their_component() -> None:
    metrics = initialized(metrics_port=0, instance_name="storage")
    metrics.record_operation("read", duration=0.02)
    page = scrape(url_of(metrics))
    assert 'operations_total{component="storage",operation_type="read",success="true"} 1.0' in page
    assert 'operation_duration_seconds_count{component="storage",operation_type="read"} 1.0' in page
    assert 'instrumentation_errors_total{component="storage"} 0.0' in page
    assert "_created" not in page


def test_instances_have_registries_of_their_own_and_one_page() -> None:
    storage, tools = (
        initialized(metrics_port=0, instance_name="storage"),
        ExecutorMetrics(metrics_port=0, instance_name="other"),
    )
    shared = initialized(metrics_port=port_of(storage), instance_name="tools")
    assert shared.server is storage.server
    assert tools.server is not storage.server
    assert storage.registry is not shared.registry
    storage.record_operation("read")
    shared.record_operation("call")
    page = scrape(url_of(storage))
    assert page.count("# TYPE operations counter") == 1
    assert 'component="storage",operation_type="read"' in page
    assert 'component="tools",operation_type="call"' in page
    close("storage")
    page = scrape(url_of(shared))
    assert 'component="tools",operation_type="call"' in page
    assert 'component="storage"' not in page
    tools.close()


def test_the_last_user_of_a_port_frees_it() -> None:
    first = initialized(metrics_port=0, instance_name="first")
    port = port_of(first)
    initialized(metrics_port=port, instance_name="second")
    scrape(url_of(first))
    close("first")
    assert not can_be_bound(port)
    close("second")
    assert can_be_bound(port)


def test_close_frees_the_port_at_once_is_safe_twice_and_init_works_again() -> None:
    port = None
    for round_ in range(3):
        metrics = initialized(metrics_port=port or 0)
        assert metrics.server is not None, f"round {round_}"
        port = port_of(metrics)
        scrape(url_of(metrics))

        async def twice() -> None:
            await close_global_metrics()
            await close_global_metrics()

        asyncio.run(twice())
        assert can_be_bound(port)
        assert get_global_metrics() is None
        metrics.close()


def test_close_frees_the_port_with_a_scrape_still_open() -> None:
    import socket

    metrics = initialized(metrics_port=0)
    port = port_of(metrics)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.send(b"GET /metrics HTTP/1.1\r\n")
        close()
        assert can_be_bound(port)
        assert port_of(initialized(metrics_port=port)) == port


def test_a_closed_instance_accepts_calls_and_records_nothing() -> None:
    metrics = initialized(metrics_port=0)
    close()
    metrics.record_operation("late")
    assert value(metrics, "operations_total", operation_type="late", success="true") is None
    assert metrics.errors == 0


def test_a_closed_event_loop_does_not_matter() -> None:
    loop = asyncio.new_event_loop()
    metrics = loop.run_until_complete(initialize_global_metrics(metrics_port=0))
    loop.close()
    assert metrics is not None
    record_operation("after")
    assert 'operation_type="after"' in scrape(url_of(metrics))
    close()


def test_disabled_is_none_and_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert initialize(enable_metrics=False, metrics_port=0) is None
    monkeypatch.setenv("ENABLE_METRICS", "off")
    assert initialize(metrics_port=0) is None
    assert is_metrics_initialized() is False
    assert metrics_server._servers == {}
    monkeypatch.setenv("ENABLE_METRICS", "on")
    assert initialize(metrics_port=0) is not None


def test_whatever_fails_inside_initialization_is_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(ExecutorMetrics, "__init__", refuse)
    assert initialize(metrics_port=0) is None
    (record,) = caplog.records
    assert record.getMessage() == "the metrics cannot be initialized; the service goes on without them"


def test_an_instance_can_be_used_alone_and_two_of_one_name_are_added_up() -> None:
    first = ExecutorMetrics(metrics_port=0)
    second = ExecutorMetrics(True, port_of(first))
    assert get_global_metrics() is None
    first.record_operation("work", duration=0.1)
    second.record_operation("work", duration=0.2)
    page = scrape(url_of(first))
    assert 'operations_total{component="default",operation_type="work",success="true"} 2.0' in page
    assert page.count('operation_duration_seconds_count{component="default",operation_type="work"} 2.0') == 1
    for each in (first, second, second):
        each.close()


def test_nothing_of_it_touches_the_default_registry() -> None:
    before = {metric.name for metric in REGISTRY.collect()}
    initialized(metrics_port=0)
    assert {metric.name for metric in REGISTRY.collect()} == before
