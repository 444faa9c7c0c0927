"""Services, tools and the system as objects, as JSON, and as the contract's metrics."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments
from backend_instrumentation.health import MonitoringConfig, ServiceMonitor, SystemMonitor, ToolMonitor
from backend_instrumentation.health.monitoring import system_metrics
from backend_instrumentation.process.limits import memory_limit_bytes


@pytest.fixture
def registry() -> Iterator[CollectorRegistry]:
    registry = CollectorRegistry()
    packs = {"version": 1, "packs": ["health", "tool", "operations"]}
    instruments = Instruments.from_spec(packs, registry=registry)
    yield registry
    instruments.close()


def test_a_service_is_an_object_json_and_metrics(registry: CollectorRegistry) -> None:
    service = ServiceMonitor("files")
    assert service.metrics().status == "unknown"
    service.set_status("starting")
    service.record_check(True)
    for number in range(1, 101):
        service.record_request(number / 100, success=number % 10 != 0, error=ValueError("token=hunter2"))
    service.update(tools_count=3, active_connections=7)
    found = service.metrics()
    assert (found.status, found.total_requests, found.failed_requests) == ("running", 100, 10)
    assert found.error_rate == pytest.approx(0.1)
    assert found.mean_response_time == pytest.approx(0.505)
    assert found.p95_response_time == pytest.approx(0.95)
    assert (found.tools_count, found.active_connections) == (3, 7)
    assert found.last_error == "ValueError: token=[redacted]"
    assert found.last_check is not None
    assert found.last_activity is not None
    assert 0 <= found.uptime < 60
    assert json.loads(found.to_json()) == found.to_dict()
    assert registry.get_sample_value("health_state", {"check": "files", "state": "running"}) == 1
    requests = {"operation_type": "files", "success": "true"}
    assert registry.get_sample_value("operations_total", requests) == 90


def test_failures_in_a_row_degrade_a_service_and_then_stop_it(registry: CollectorRegistry) -> None:
    service = ServiceMonitor("db", MonitoringConfig(service_monitoring={"max_consecutive_failures": 2}))
    seen = []
    for success in (True, False, False, True):
        service.record_check(success, "refused")
        seen.append((service.metrics().status, service.metrics().consecutive_failures))
    assert seen == [("running", 0), ("degraded", 1), ("error", 2), ("running", 0)]
    service.set_status("stopped")
    service.record_check(False)
    assert service.metrics().status == "stopped"
    assert service.metrics().uptime == 0
    service.set_status("nonsense")
    assert service.metrics().status == "unknown"


def test_numbers_that_are_none_do_not_reach_the_caller() -> None:
    service, tools = ServiceMonitor("odd"), ToolMonitor()
    service.record_request(float("nan"))
    service.record_request("slow")  # type: ignore[arg-type]
    tools.record_call("odd", "slow")  # type: ignore[arg-type]
    tools.record_call("odd", float("inf"))
    assert service.metrics().mean_response_time is None
    assert tools.metrics()["odd"].mean_duration is None


def test_many_threads_lose_no_request() -> None:
    service = ServiceMonitor("busy")

    def work() -> None:
        for _ in range(1000):
            service.record_request(0.01)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.metrics().total_requests == 8000


def test_tools_have_their_numbers_each_and_are_bounded(registry: CollectorRegistry) -> None:
    tools = ToolMonitor(MonitoringConfig(tool_monitoring={"slow_call_threshold": 1, "call_timeout": 2}))
    tools.record_call("search", 0.5)
    tools.record_call("search", 1.5, operation="query")
    tools.record_call("search", 2.5, success=False, error="password=hunter2")
    found = tools.metrics()["search"]
    assert (found.calls, found.failures, found.slow_calls, found.timeouts) == (3, 1, 2, 1)
    assert (found.mean_duration, found.p95_duration) == (1.5, 2.5)
    assert found.last_error == "password=[redacted]"
    calls = {"tool": "search", "operation": "call", "status": "error"}
    assert registry.get_sample_value("tool_calls_total", calls) == 1
    for number in range(500):
        tools.record_call(f"tool-{number}", 0.1)
    assert len(tools.metrics()) == 201
    assert tools.metrics()["__other__"].calls == 301


def test_the_system_is_read_within_the_limits_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    psutil = pytest.importorskip("psutil")
    limit = 2 * psutil.Process().memory_info().rss
    monkeypatch.setenv("INSTRUMENTATION_MEMORY_LIMIT_BYTES", str(limit))
    monkeypatch.setenv("INSTRUMENTATION_CPU_LIMIT_CORES", "0.5")
    monitor = SystemMonitor()
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    found = monitor.metrics()
    assert memory_limit_bytes() <= limit
    assert found.cpu_limit_cores == 0.5
    assert found.memory_percent == pytest.approx(50, abs=15)
    assert found.cpu_percent is not None
    assert found.cpu_percent > 20  # of half a core
    assert found.disk_percent is not None
    assert 0 < found.disk_percent <= 100
    assert found.open_files == pytest.approx(len(list(Path("/proc/self/fd").iterdir())), abs=3)
    assert found.network_received_bytes is not None


def test_without_psutil_the_numbers_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_metrics, "_psutil", lambda: None)
    assert set(SystemMonitor().metrics().to_dict().values()) == {None}
