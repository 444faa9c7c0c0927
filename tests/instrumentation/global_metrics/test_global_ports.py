"""Which port: the argument, then METRICS_PORT, then 8001, unless an application serves /metrics already."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from starlette.applications import Starlette

from backend_instrumentation import get_metrics_summary, instrument, record_operation
from backend_instrumentation.config.settings import Settings, parse
from backend_instrumentation.global_metrics import environment, exposure
from backend_instrumentation.registry import leases

from ..asgi_driver import call
from ..components import (
    OPENMETRICS,
    can_be_bound,
    close,
    initialized,
    port_of,
    scrape,
    taken_port,
    url_of,
    value,
)


@pytest.fixture
def free_port() -> int:
    with taken_port() as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture(autouse=True)
def no_other_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_ENTRIES", WeakKeyDictionary())


def page_of(app: Starlette) -> str:
    answer = call(app, "/metrics", headers=list(OPENMETRICS.items()))
    assert answer.status == 200
    text = answer.body.decode()
    list(text_string_to_metric_families(text))
    return text


def test_the_argument_comes_before_the_environment(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_PORT", "1")
    assert port_of(initialized(metrics_port=free_port)) == free_port


def test_the_environment_comes_before_8001(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_PORT", f" {free_port} ")
    assert port_of(initialized()) == free_port


def test_without_either_it_is_8001(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.DEFAULT_PORT == 8001
    monkeypatch.setattr(exposure, "DEFAULT_PORT", free_port)
    assert port_of(initialized()) == free_port


def test_zero_takes_a_free_port_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_PORT", "0")
    ports = {port_of(initialized(instance_name=name)) for name in ("a", "b")}
    assert len(ports) == 2
    assert 0 not in ports


def test_it_listens_on_this_machine_only_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(**named: Any) -> str:
        metrics = initialized(metrics_port=0, **named)
        assert metrics.server is not None
        return str(metrics.server.socket.getsockname()[0])

    assert address() == "127.0.0.1"
    assert address(instance_name="told", config={"host": "0.0.0.0"}) == "0.0.0.0"
    monkeypatch.setenv("METRICS_HOST", "127.0.0.2")
    assert address(instance_name="by the environment") == "127.0.0.2"


def test_a_taken_port_is_one_warning_and_the_instance_records(caplog: pytest.LogCaptureFixture) -> None:
    with taken_port() as listener:
        port = listener.getsockname()[1]
        metrics = initialized(metrics_port=port)
        assert initialized(metrics_port=port) is metrics
        record_operation("work")
    assert value(metrics, "operations_total", operation_type="work", success="true") == 1
    (message,) = caplog.messages
    assert str(port) in message
    assert "METRICS_PORT" in message
    summary = get_metrics_summary()
    assert (summary["enabled"], summary["port"], summary["url"]) == (True, None, None)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "x" * 300, "\x00", "999.1.1.1"])
def test_a_host_that_cannot_be_listened_on_is_one_warning(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = initialized(metrics_port=0, config={"host": host})
    assert metrics.server is None
    assert len(caplog.records) == 1


@pytest.mark.parametrize("port", [-1, 65536, "many", 1.5, [], True])
def test_a_port_that_is_none_counts_as_not_given(
    port: Any, free_port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("METRICS_PORT", str(free_port))
    assert port_of(initialized(metrics_port=port)) == free_port
    (message,) = caplog.messages
    assert repr(port) in message


def test_an_application_that_serves_metrics_shows_the_components_on_its_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Starlette()
    packs = ["http", "operations"]
    handle = instrument(app, config=parse({"version": 1, "packs": packs}), registry=CollectorRegistry())
    storage, tools = (initialized(instance_name=name) for name in ("storage", "tools"))
    assert storage.server is None
    assert tools.server is None
    storage.record_operation("read")
    tools.record_operation("call")
    handle.instruments.operations.record("own")
    page = page_of(app)
    assert 'operations_total{component="storage",operation_type="read",success="true"} 1.0' in page
    assert 'operations_total{component="tools",operation_type="call",success="true"} 1.0' in page
    assert 'operations_total{operation_type="own",success="true"} 1.0' in page
    assert page.count("# TYPE operations counter") == 1
    assert page.count("# TYPE instrumentation_errors counter") == 1
    close("storage")
    page = page_of(app)
    assert 'component="storage"' not in page
    assert 'component="tools"' in page
    close()
    page = page_of(app)
    assert "component=" not in page
    with leases.lock():
        held = leases.entries_of(handle.instruments.registry)
        assert all(each.merged is None for each in held.values())
    assert 'operations_total{operation_type="own",success="true"} 1.0' in page
    handle.uninstrument()


def test_the_application_may_be_taken_off_before_the_components() -> None:
    registry = CollectorRegistry()
    handle = instrument(Starlette(), config=Settings(), registry=registry)
    initialized().record_operation("read")
    handle.uninstrument()
    shown = {metric.name for metric in registry.collect() if metric.samples}
    assert shown == {"instrumentation_errors", "operations"}
    app = Starlette()
    again = instrument(app, config=Settings(), registry=registry)
    page = page_of(app)
    assert 'component="default",operation_type="read"' in page
    assert "\ninstrumentation_errors_total 0.0" in page
    again.uninstrument()
    close()
    assert list(registry.collect()) == []


@pytest.mark.parametrize("given", ["argument", "environment"])
def test_a_port_that_is_given_is_listened_on_beside_the_applications_page(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Starlette()
    handle = instrument(app, config=Settings(), registry=CollectorRegistry())
    if given == "environment":
        monkeypatch.setenv("METRICS_PORT", "0")
    metrics = initialized(metrics_port=0) if given == "argument" else initialized()
    metrics.record_operation("read")
    assert 'operation_type="read"' in scrape(url_of(metrics))
    # On both pages it would be counted twice.
    assert 'operation_type="read"' not in page_of(app)
    handle.uninstrument()


def test_with_its_port_taken_an_instance_is_shown_on_the_applications_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Starlette()
    handle = instrument(app, config=Settings(), registry=CollectorRegistry())
    with taken_port() as listener:
        initialized(metrics_port=listener.getsockname()[1]).record_operation("read")
    assert 'operation_type="read"' in page_of(app)
    assert len(caplog.records) == 1
    handle.uninstrument()


def test_the_default_registrys_page_is_found_first() -> None:
    handles = [
        instrument(Starlette(), config=Settings(families=Settings().families), registry=registry)
        for registry in (CollectorRegistry(), REGISTRY)
    ]
    initialized().record_operation("read")
    shown = REGISTRY.get_sample_value(
        "operations_total", {"component": "default", "operation_type": "read", "success": "true"}
    )
    assert shown == 1
    close()
    for handle in handles:
        handle.uninstrument()


def test_several_threads_scraping_and_a_client_that_says_nothing() -> None:
    metrics = initialized(metrics_port=0)
    with socket.create_connection(("127.0.0.1", port_of(metrics))):
        for _ in range(5):
            assert "# TYPE operations counter" in scrape(url_of(metrics))


WORKER = """
    import asyncio, sys
    from backend_instrumentation.global_metrics import exposure, initialize_global_metrics
    exposure.RETRY_SECONDS = 0.05
    metrics = asyncio.run(initialize_global_metrics(metrics_port=int(sys.argv[1])))
    metrics.record_operation("work")
    print("listening" if metrics.server else "waiting", flush=True)
    while metrics.server is None:
        exposure.threading.Event().wait(0.02)
    print("listening", flush=True)
    sys.stdin.read()
"""


def test_of_several_workers_one_gets_the_port_and_the_next_when_it_ends(
    free_port: int, tmp_path: Path
) -> None:
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", textwrap.dedent(WORKER), str(free_port)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    first, second = (
        subprocess.Popen(command, env=environ, text=True, **pipes)  # type: ignore[call-overload]
        for _ in range(2)
    )
    try:
        lines = {each.stdout.readline().strip(): each for each in (first, second)}
        assert set(lines) == {"listening", "waiting"}
        url = f"http://127.0.0.1:{free_port}/metrics"
        row = 'operations_total{component="default",operation_type="work",success="true"} 2.0'
        assert row in scrape(url)  # both workers', from the one that has the port
        lines["listening"].communicate("", timeout=20)
        assert lines["waiting"].stdout.readline().strip() == "listening"
        assert row in scrape(url)
        _, errors = lines["waiting"].communicate("", timeout=20)
        assert errors.count("\n") == 1
        assert str(free_port) in errors
        assert "tries again" in errors
    finally:
        for worker in (first, second):
            worker.kill()
            worker.wait()
    assert can_be_bound(free_port)
