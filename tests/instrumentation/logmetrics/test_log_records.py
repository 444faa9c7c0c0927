"""Records as REQUIREMENTS and the README name them: one line each, with its fields, from every entry point."""

from __future__ import annotations

import inspect
import json
import logging
import time
import uuid
from decimal import Decimal
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from backend_instrumentation.logmetrics import (
    CheckpointMonitor,
    LightweightPerformanceMonitor,
    LLMMonitor,
    LogFile,
    PerformanceFormatter,
    PerformanceLogger,
    PerformanceMonitorFactory,
    get_checkpoint_monitor,
    losses,
    record_checkpoint_load,
    record_checkpoint_save,
    record_llm_call,
)
from backend_instrumentation.logmetrics.writing.record_line import MOST_BYTES

from .lines import last, records

BASE = ["timestamp", "metric_type", "operation", "duration", "size", "success", "module"]


class Color(Enum):
    RED = "red"


class SearchMonitor(LightweightPerformanceMonitor):
    """A user's monitor."""

    def record_search(self, seconds: float, hits: int) -> None:
        self.logger.log_timer("search", seconds, hits=hits)
        self.logger.log_counter("searches", 1)
        self.logger.log_gauge("index_size", 12, success=False)


def test_a_saved_checkpoint_is_one_record(log: LogFile) -> None:
    before = time.time()
    record_checkpoint_save(0.25, 2048, True)
    [found] = records(log.path)
    assert list(found) == BASE
    assert before <= found.pop("timestamp") <= time.time()
    assert found == {
        "metric_type": "timer",
        "operation": "checkpoint_save",
        "duration": 0.25,
        "size": 2048,
        "success": True,
        "module": "checkpoint",
    }


def test_a_loaded_checkpoint_is_one_record(log: LogFile) -> None:
    record_checkpoint_load(duration=0.5, size=10, success=False)
    found = last(log)
    assert (found["operation"], found["duration"], found["success"]) == ("checkpoint_load", 0.5, False)


def test_a_call_of_a_model_is_one_record(log: LogFile) -> None:
    record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    found = last(log)
    del found["timestamp"]
    assert found == {
        "metric_type": "timer",
        "operation": "llm_call",
        "duration": 0.7,
        "size": None,
        "success": True,
        "module": "llm",
        "model": "large",
        "provider": "openai",
        "prompt_tokens": 12,
        "completion_tokens": 80,
        "total_tokens": 92,
    }


def test_the_old_signatures() -> None:
    save = inspect.signature(CheckpointMonitor.record_checkpoint_save)
    assert list(save.parameters)[1:4] == ["duration", "size", "success"]
    call = inspect.signature(LLMMonitor.record_llm_call)
    assert list(call.parameters)[1:8] == [
        "model",
        "provider",
        "response_time",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "success",
    ]


def test_tokens_are_summed_when_their_total_is_not_given(log: LogFile) -> None:
    record_llm_call("large", "openai", 0.7, prompt_tokens=12, completion_tokens=80)
    assert last(log)["total_tokens"] == 92


def test_the_factory_makes_one_monitor_of_each_name(log: LogFile) -> None:
    factory = PerformanceMonitorFactory.get_instance()
    assert factory is PerformanceMonitorFactory.get_instance()
    assert factory.create_monitor("checkpoint") is get_checkpoint_monitor()
    assert factory.create_monitor("llm") is factory.create_monitor("llm")
    factory.register("search", SearchMonitor)
    monitor = factory.create_monitor("search")
    assert isinstance(monitor, SearchMonitor)
    monitor.record_search(0.1, hits=3)
    timer, counter, gauge = records(log.path)
    assert (timer["metric_type"], timer["duration"], timer["hits"]) == ("timer", 0.1, 3)
    assert timer["module"] == SearchMonitor.__module__
    assert (counter["metric_type"], counter["duration"], counter["value"]) == ("counter", None, 1)
    assert (gauge["metric_type"], gauge["value"], gauge["success"]) == ("gauge", 12, False)


def test_a_name_that_nobody_registered_and_a_class_that_is_none() -> None:
    factory = PerformanceMonitorFactory.get_instance()
    with pytest.raises(ValueError, match="'serach' is no monitor; there are checkpoint, llm"):
        factory.create_monitor("serach")
    with pytest.raises(TypeError, match="no class derived from"):
        factory.register("search", int)  # type: ignore[arg-type]


def test_fields_replace_and_add_but_never_destroy(log: LogFile) -> None:
    PerformanceLogger(log, "files").log_timer("read", 0.1, size=5, module="other", duration=9, timestamp="x")
    found = last(log)
    assert (found["size"], found["module"], found["duration"]) == (5, "other", 0.1)
    assert (found["field_duration"], found["field_timestamp"]) == (9, "x")
    assert isinstance(found["timestamp"], float)


def test_the_trace_of_the_active_span(log: LogFile) -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("work") as span:
        record_checkpoint_save(0.1, 1, True)
    assert last(log)["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    record_checkpoint_save(0.1, 1, True)
    assert "trace_id" not in last(log)


@pytest.mark.parametrize(
    ("value", "written", "counted"),
    [
        (float("nan"), None, 1),
        (float("inf"), None, 1),
        ([float("-inf"), 1], [None, 1], 1),
        (LookupError(), "<LookupError>", 1),
        ({("a", "b"): 1}, {"<tuple>": 1}, 1),
        (Color.RED, "red", 0),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001", 0),
        (Decimal("1.50"), "1.50", 0),
        (b"\xff\x00", "�\x00", 0),
        ("Grüße\n\u2028", "Grüße\n\u2028", 0),
        ("\ud800", "?", 0),
    ],
    ids=repr,
)
def test_a_field_that_json_does_not_know(log: LogFile, value: Any, written: Any, counted: int) -> None:
    PerformanceLogger(log).log_timer("odd", 0.1, field=value)
    [found] = records(log.path)
    assert found["field"] == written
    assert losses().get("log_field", 0) == counted


def test_a_field_that_contains_itself(log: LogFile) -> None:
    loop: list[Any] = []
    loop.append(loop)
    PerformanceLogger(log).log_timer("odd", 0.1, loop=loop)
    assert last(log)["operation"] == "odd"
    assert losses() == {"log_field": 1}


def test_a_field_whose_conversion_raises(log: LogFile) -> None:
    class Hostile:
        @property
        def item(self) -> Any:
            raise RuntimeError("no")

    PerformanceLogger(log).log_timer("odd", 0.1, field=Hostile())
    assert last(log)["field"] == "<Hostile>"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "ü" * 100_000},
        {f"f{number}": "y" * 300 for number in range(100)},
        {"numbers": list(range(10_000))},
        {"big": 10**4000},
        {"k" * 9000: 1},
    ],
    ids=["text", "many", "list", "integer", "key"],
)
def test_a_long_record_is_cut_and_stays_whole(log: LogFile, fields: dict[str, Any]) -> None:
    PerformanceLogger(log).log_timer("long", 0.1, **fields)
    [found] = records(log.path)
    assert (found["operation"], found["duration"], found["truncated"]) == ("long", 0.1, True)
    assert losses() == {"log_field": 1}
    assert len(Path(log.path).read_bytes()) <= MOST_BYTES


def test_records_through_the_handlers_of_logging(log: LogFile) -> None:
    stream = StringIO()
    logger = logging.Logger("performance")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PerformanceFormatter())
    logger.addHandler(handler)
    LLMMonitor(logger=logger).record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
    try:
        raise ValueError("bad")
    except ValueError:
        logger.warning("it %s", "failed", exc_info=True, extra={"user": 7})
    record, message = map(json.loads, stream.getvalue().splitlines())
    assert (record["operation"], record["model"], record["module"]) == ("llm_call", "large", "llm")
    assert (message["level"], message["logger"], message["message"], message["user"]) == (
        "WARNING",
        "performance",
        "it failed",
        7,
    )
    assert "ValueError: bad" in message["exception"]


def test_a_record_that_cannot_be_made_is_counted(log: LogFile, caplog: pytest.LogCaptureFixture) -> None:
    logger = PerformanceLogger(log)
    logger.log = "nonsense"  # type: ignore[assignment]
    for _ in range(3):
        logger.log_timer("odd", 0.1)
    assert losses() == {"log_writer": 3}
    assert len(caplog.records) == 1
