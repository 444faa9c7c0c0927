"""Records also reach the contract's families, where this process has metrics that enable them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments
from backend_instrumentation.logmetrics import (
    LLMMonitor,
    LogFile,
    record_checkpoint_load,
    record_checkpoint_save,
    record_llm_call,
)
from backend_instrumentation.logmetrics.feed.loss_counts import WRITER, lost

from ..components import close, initialized, scrape, url_of, value

ROOT = Path(__file__).parents[3]


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_an_application_that_enables_the_packs(log: LogFile, registry: CollectorRegistry) -> None:
    instruments = Instruments.from_spec(
        {"version": 1, "packs": ["http", "ai", "checkpoint"]}, registry=registry
    )
    record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    record_llm_call("large", "openai", 0.7, 12, 80, 92, False)
    record_checkpoint_save(0.2, 2048, True)
    record_checkpoint_load(0.3, 2048, False)
    read = registry.get_sample_value
    assert read("ai_requests_total", {"model": "large", "status": "success"}) == 1
    assert read("ai_requests_total", {"model": "large", "status": "error"}) == 1
    assert read("ai_response_duration_seconds_count", {"model": "large"}) == 2
    assert read("ai_tokens_total", {"model": "large", "kind": "completion"}) == 160
    assert read("checkpoint_operations_total", {"operation": "save", "status": "success"}) == 1
    assert read("checkpoint_operations_total", {"operation": "load", "status": "error"}) == 1
    assert read("checkpoint_size_bytes_sum", {"operation": "save"}) == 2048
    instruments.close()
    record_llm_call("large", "openai", 0.7, 12, 80, 92, True)  # nobody is left, and nothing fails


def test_an_application_without_the_pack_is_left_alone(log: LogFile, registry: CollectorRegistry) -> None:
    instruments = Instruments.from_spec({"version": 1, "packs": ["http"]}, registry=registry)
    record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    assert registry.get_sample_value("ai_requests_total", {"model": "large", "status": "success"}) is None
    instruments.close()


def test_the_global_metrics(log: LogFile) -> None:
    metrics = initialized(metrics_port=0)
    assert "ai_requests_total" not in scrape(url_of(metrics))
    record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    record_checkpoint_save(0.2, 2048, True)
    page = scrape(url_of(metrics))
    assert 'ai_requests_total{component="default",model="large",status="success"} 1.0' in page
    assert 'checkpoint_operations_total{component="default",operation="save",status="success"} 1.0' in page
    assert value(metrics, "checkpoint_operations_total", operation="load", status="error") == 0
    close()
    again = initialized(metrics_port=0)
    record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    assert 'model="large",status="success"} 1.0' in scrape(url_of(again))


def test_the_applications_own_pack_comes_before_the_global_metrics(
    log: LogFile, registry: CollectorRegistry
) -> None:
    metrics = initialized(metrics_port=0)
    instruments = Instruments.from_spec({"version": 1, "packs": ["ai"]}, registry=registry)
    record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    assert registry.get_sample_value("ai_requests_total", {"model": "large", "status": "success"}) == 1
    assert value(metrics, "ai_requests_total", model="large", status="success") is None
    instruments.close()


def test_a_monitor_can_be_told_whose_metrics(log: LogFile, registry: CollectorRegistry) -> None:
    instruments = Instruments.from_spec({"version": 1, "packs": ["ai"]}, registry=registry)
    newer = Instruments.from_spec({"version": 1, "packs": ["ai"]}, registry=CollectorRegistry())
    monitor = LLMMonitor(log)
    monitor.metrics = instruments
    monitor.record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    assert registry.get_sample_value("ai_requests_total", {"model": "large", "status": "success"}) == 1
    newer.close()
    instruments.close()


def test_a_monitor_can_stay_away_from_metrics(log: LogFile, registry: CollectorRegistry) -> None:
    instruments = Instruments.from_spec({"version": 1, "packs": ["ai"]}, registry=registry)
    monitor = LLMMonitor(log)
    monitor.feed_metrics = False
    monitor.record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    assert registry.get_sample_value("ai_requests_total", {"model": "large", "status": "success"}) is None
    instruments.close()


def test_numbers_that_no_metric_takes_still_reach_the_log(log: LogFile, registry: CollectorRegistry) -> None:
    instruments = Instruments.from_spec({"version": 1, "packs": ["http", "checkpoint"]}, registry=registry)
    record_checkpoint_save(-1.0, None, True)
    record_checkpoint_save("soon", {}, True)  # type: ignore[arg-type]
    assert len(Path(log.path).read_text().splitlines()) == 2
    assert registry.get_sample_value("checkpoint_duration_seconds_count", {"operation": "save"}) == 0
    instruments.close()


def test_losses_are_a_counter_by_part(log: LogFile, registry: CollectorRegistry) -> None:
    lost(WRITER)
    instruments = Instruments.from_spec({"version": 1, "packs": ["http"]}, registry=registry)
    record_checkpoint_save(0.1, 1, True)
    read = registry.get_sample_value
    assert read("instrumentation_errors_total", {"part": "log_writer"}) == 1
    assert read("instrumentation_errors_total", {"part": "log_rotation"}) == 0
    lost(WRITER)
    assert read("instrumentation_errors_total", {"part": "log_writer"}) == 2
    assert read("instrumentation_errors_total") == 0
    instruments.close()
    metrics = initialized(metrics_port=0)
    lost(WRITER)
    assert 'instrumentation_errors_total{part="log_writer"} 3.0' in scrape(url_of(metrics))


def test_monitors_import_neither_metrics_nor_a_web_framework() -> None:
    code = """
import sys
from backend_instrumentation.logmetrics import PerformanceMonitorFactory, record_llm_call, get_checkpoint_monitor
PerformanceMonitorFactory.get_instance()
record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
get_checkpoint_monitor()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {
        "prometheus_client",
        "starlette",
        "fastapi",
        "opentelemetry",
        "yaml",
        "ddsketch",
        "orjson",
        "gzip",
    }
    assert heavy & set(done.stdout.split()) == set()
