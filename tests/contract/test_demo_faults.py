"""The running demo breaks as its switches say, and its load goes on through everything."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .running import DEMO, PATIENCE_SECONDS, Demo, answers, free_port, wait_until


@pytest.fixture
def healed(demo: Demo) -> Iterator[Demo]:
    yield demo
    demo.ask("/faults", "DELETE")


def test_errors_are_injected_into_the_api_and_nowhere_else(healed: Demo) -> None:
    healed.break_with(error_ratio=1.0)
    assert healed.ask("/api/v1/agents")[0] == 500
    assert healed.ask("/health") == (200, '{"status":"ok"}')
    labels = {"handler": "/api/v1/agents", "method": "GET", "status_code": "500"}
    assert healed.value("http_requests_total", **labels) == 1
    healed.ask("/faults", "DELETE")
    assert healed.ask("/api/v1/agents")[0] == 200


def test_latency_is_added(healed: Demo) -> None:
    labels = {"handler": "/api/v1/agents", "method": "GET", "status_code": "200"}
    before = healed.value("http_request_duration_seconds_sum", **labels)
    healed.break_with(latency_seconds=0.3)
    healed.ask("/api/v1/agents")
    assert healed.value("http_request_duration_seconds_sum", **labels) - before >= 0.3


def test_the_sandbox_fails_when_told(healed: Demo) -> None:
    def errors() -> float:
        return sum(
            value
            for (name, labels), value in healed.samples().items()
            if name == "sandbox_executions_total" and ("status", "error") in labels
        )

    before = errors()
    healed.break_with(sandbox_error_ratio=1.0)
    healed.ask("/api/v1/sandbox/executions", "POST", {"code": "1"})
    wait_until(lambda: errors() == before + 1, "the execution fails")


def test_the_sandbox_is_slow_and_its_pool_fills_when_told(healed: Demo) -> None:
    healed.break_with(sandbox_delay_seconds=2.0)
    healed.ask("/api/v1/sandbox/executions", "POST", {"code": "1"})
    wait_until(lambda: healed.value("sandbox_pool_in_use") == 1, "a container is in use")
    assert healed.value("sandbox_pool_available") == healed.value("sandbox_pool_size") - 1
    before = healed.value("sandbox_execution_duration_seconds_sum")
    wait_until(lambda: healed.value("sandbox_pool_in_use") == 0, "the container is free again")
    assert healed.value("sandbox_execution_duration_seconds_sum") - before >= 2.0


def test_an_empty_pool_shows_at_once_and_executions_find_no_container(healed: Demo) -> None:
    exhausted = {"status": "error", "error_type": "pool_exhausted"}
    before = healed.value("sandbox_executions_total", **exhausted)
    healed.break_with(pool_empty=True)
    assert healed.value("sandbox_pool_available") == 0
    healed.ask("/api/v1/sandbox/executions", "POST", {"code": "1"})
    wait_until(
        lambda: healed.value("sandbox_executions_total", **exhausted) == before + 1, "no container is found"
    )
    healed.ask("/faults", "DELETE")
    assert healed.value("sandbox_pool_available") == healed.value("sandbox_pool_size")


def test_a_database_that_is_down_fails_its_requests_and_readiness_but_not_liveness(healed: Demo) -> None:
    labels = {"check": "database", "state": "error"}
    wait_until(lambda: healed.ask("/ready")[0] == 200, "the demo is ready")
    assert healed.value("health_state", **labels) == 0
    healed.break_with(database_down=True)
    assert healed.ask("/api/v1/agents/ada/messages")[0] == 500
    wait_until(lambda: healed.ask("/ready")[0] == 503, "readiness fails")
    assert healed.value("health_state", **labels) == 1
    assert healed.ask("/health") == (200, '{"status":"ok"}')
    healed.ask("/faults", "DELETE")
    wait_until(lambda: healed.ask("/ready")[0] == 200, "the demo is ready again")
    assert healed.ask("/api/v1/agents/ada/messages")[0] == 200


def test_memory_fills_to_its_declared_limit_and_is_given_back(healed: Demo) -> None:
    def ratio() -> float:
        return healed.value("process_resident_memory_bytes") / healed.value("process_memory_limit_bytes")

    assert healed.value("process_memory_limit_bytes") == 256 * 1024 * 1024
    assert ratio() < 0.5
    healed.break_with(memory_ratio=0.9)
    wait_until(lambda: ratio() > 0.85, "memory is filled")
    assert ratio() < 0.95
    healed.ask("/faults", "DELETE")
    wait_until(lambda: ratio() < 0.6, "memory is given back")


def test_cpu_burns_up_to_its_declared_limit(healed: Demo) -> None:
    assert healed.value("process_cpu_limit_cores") == 0.25
    before = healed.value("process_cpu_seconds_total")
    healed.break_with(cpu_ratio=1.0)
    wait_until(lambda: healed.value("process_cpu_seconds_total") > before + 0.5, "half a second is burnt")


def test_switches_keep_what_they_are_not_told_and_refuse_what_they_do_not_know(healed: Demo) -> None:
    healed.break_with(error_ratio=0.5, pool_empty=True)
    healed.break_with(latency_seconds=0.1)
    shown = json.loads(healed.ask("/faults")[1])
    assert (shown["error_ratio"], shown["pool_empty"], shown["latency_seconds"]) == (0.5, True, 0.1)
    for wrong in ({"eror_ratio": 1}, {"error_ratio": 2}, {"memory_ratio": 1.0}, {"latency_seconds": -1}):
        assert healed.ask("/faults", "POST", wrong)[0] == 422
    assert json.loads(healed.ask("/faults")[1]) == shown
    assert json.loads(healed.ask("/faults", "DELETE")[1])["error_ratio"] == 0


def test_the_switches_are_not_counted(healed: Demo) -> None:
    healed.ask("/faults")
    assert "/faults" not in healed.ask("/metrics")[1]


def test_the_load_is_steady_survives_an_absent_service_and_ends_with_sigterm(demo: Demo) -> None:
    labels = {"handler": "/api/v1/agents", "method": "GET", "status_code": "200"}
    before = demo.value("http_requests_total", **labels)
    port = free_port()
    for url in (demo.url, f"http://127.0.0.1:{port}"):
        load = subprocess.Popen(
            [sys.executable, str(DEMO / "load.py"), "--url", url, "--rate", "50"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            if url == demo.url:
                wait_until(
                    lambda: demo.value("http_requests_total", **labels) >= before + 5, "the load arrives"
                )
            else:
                assert load.stderr is not None
                assert load.stderr.readline() == "load: the service is away\n"
            load.send_signal(signal.SIGTERM)
            totals, _ = load.communicate(timeout=PATIENCE_SECONDS)
        finally:
            load.kill()
        assert load.returncode == 0
        assert totals.startswith("load: ")
        assert (" 0 ok" in totals) == (url != demo.url)


def test_a_configuration_with_fewer_packs_or_none_does_not_stop_the_demo(tmp_path: Path) -> None:
    broken = tmp_path / "instrumentation.json"
    for content, present in (('{"version": 1, "packs": ["http"]}', False), ("{", True)):
        broken.write_text(content)
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "examples.helloagents.app", "--port", str(port), "--config", str(broken)],
            cwd=DEMO.parents[1],
            stderr=subprocess.DEVNULL,
        )
        try:
            other = Demo(f"http://127.0.0.1:{port}", process)
            wait_until(lambda url=other.url: answers(url), "the demo answers")  # type: ignore[misc]
            assert other.ask("/api/v1/sandbox/executions", "POST", {"code": "1"})[0] == 202
            assert ("sandbox_executions_total" in other.ask("/metrics")[1]) == present
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)
