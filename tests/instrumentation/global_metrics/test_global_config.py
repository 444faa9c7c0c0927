"""The configuration is checked as a whole: a wrong key names what was meant, and nothing is half applied."""

from __future__ import annotations

import logging
from typing import Any

import pytest

import backend_instrumentation
from backend_instrumentation import (
    ExecutorMetrics,
    MetricsConfigError,
    get_metrics_summary,
    record_operation,
    update_metrics_config,
)

from ..components import close, initialized, value

LOGGER = logging.getLogger("backend_instrumentation")


def counted(metrics: ExecutorMetrics, operation_type: str) -> float | None:
    return value(metrics, "operations_total", operation_type=operation_type, success="true")


def test_recording_is_switched_at_run_time() -> None:
    metrics = initialized(metrics_port=0)
    record_operation("sync")
    update_metrics_config({"enabled": False})
    record_operation("sync")
    with metrics.operation("sync"):
        pass
    assert (counted(metrics, "sync"), metrics.records) == (1, 1)
    assert get_metrics_summary()["enabled"] is False
    assert metrics.server is not None  # what was counted stays on the page
    update_metrics_config({"enable_metrics": "yes"})
    record_operation("sync")
    assert (counted(metrics, "sync"), metrics.records) == (2, 2)


def test_the_log_level_is_set() -> None:
    initialized(metrics_port=0)
    for written, level in (("debug", logging.DEBUG), ("ERROR", logging.ERROR), (logging.INFO, logging.INFO)):
        update_metrics_config({"log_level": written})
        assert LOGGER.level == level


def test_the_caps_are_set() -> None:
    metrics = initialized(metrics_port=0)
    update_metrics_config({"max_label_values": 2})
    for number in range(4):
        record_operation(f"type {number}")
    assert counted(metrics, "__other__") == 2
    update_metrics_config({"max_label_values": 50, "max_series": 1})
    record_operation("type 9")
    assert counted(metrics, "__other__") == 3


def test_an_unknown_key_is_refused_with_what_was_meant() -> None:
    initialized(metrics_port=0)
    with pytest.raises(MetricsConfigError, match=r"enabeld: is no key, did you mean 'enabled'\?"):
        update_metrics_config({"enabeld": False})
    with pytest.raises(ValueError, match="is no key; there are enabled, log_level, max_label_values"):
        update_metrics_config({"colour": "red"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"enabeld": 1}, {"enabled": "perhaps"}, {"log_level": "LOUD"}, {"log_level": None}, {"log_level": 17},
        {"max_series": 0}, {"max_series": True}, {"max_label_values": "many"}, {"metrics_port": 9000},
        {"host": "0.0.0.0"}, {"labels": ["queue"]}, {7: 1},
    ],
)  # fmt: skip
def test_one_wrong_entry_and_nothing_is_applied(wrong: dict[Any, Any]) -> None:
    metrics = initialized(metrics_port=0)
    before, level = metrics.config, LOGGER.level
    right = {"log_level": "CRITICAL", "max_series": 7, "enabled": False}
    with pytest.raises(MetricsConfigError, match="nothing was changed"):
        update_metrics_config({**right, **wrong})
    assert (metrics.config, LOGGER.level, metrics.enabled) == (before, level, True)


@pytest.mark.parametrize("key", ["metrics_port", "host", "labels", "buckets", "metrics"])
def test_what_is_fixed_at_the_start_says_so(key: str) -> None:
    with pytest.raises(MetricsConfigError, match="fixed at the start"):
        update_metrics_config({key: []})


def test_all_instances_change_and_those_to_come_until_all_are_closed() -> None:
    first = initialized(metrics_port=0)
    update_metrics_config({"max_series": 9})
    second = initialized(metrics_port=0, instance_name="second")
    assert (first.config.max_series, second.config.max_series) == (9, 9)
    close()
    assert initialized(metrics_port=0).config.max_series == 2000


def test_an_instance_may_start_disabled_and_show_itself_when_it_is_enabled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metrics = ExecutorMetrics(False, 0)
    metrics.record_operation("sync")
    assert (metrics.server, metrics.records) == (None, 0)
    metrics.configure({"enabled": True})
    metrics.record_operation("sync")
    assert metrics.server is not None
    assert counted(metrics, "sync") == 1
    metrics.close()


def test_a_closed_instance_is_closed_for_good_and_initialization_makes_another() -> None:
    first = initialized(metrics_port=0)
    first.close()
    first.configure({"enabled": True})
    assert not first.enabled
    second = initialized(metrics_port=0)
    assert second is not first
    record_operation("sync")
    assert counted(second, "sync") == 1


def test_a_config_that_is_wrong_at_the_start_is_one_warning_and_the_rest_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = {
        "max_series": 5, "max_lable_values": 3, "buckets": ["many"], "labels": ["success"],
        "metrics": [{"name": "9"}], "metrics_port": "none", "host": 7,
    }  # fmt: skip
    metrics = initialized(metrics_port=0, config=config)
    assert metrics.config.max_series == 5
    (message,) = caplog.messages
    assert "max_lable_values: is no key, did you mean 'max_label_values'?" in message
    for key in ("buckets", "labels", "metrics", "metrics_port", "host"):
        assert f"{key}: " in message


@pytest.mark.parametrize("config", [[], "yes", 7, [("enabled", True)]])
def test_a_config_that_is_no_mapping_is_one_warning(config: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert initialized(metrics_port=0, config=config).enabled
    assert len(caplog.records) == 1


def test_the_port_may_stand_in_the_config() -> None:
    first = initialized(config={"metrics_port": 0})
    assert first.server is not None
    second = initialized(config={"metrics_port": first.server.port}, instance_name="second")
    assert second.server is first.server


@pytest.mark.parametrize("written", ["true", "1", "yes", "on", "True", " YES ", "ON", ""])
def test_enable_metrics_as_people_write_it(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_METRICS", written)
    assert backend_instrumentation.ENABLE_METRICS is True
    assert initialized(metrics_port=0).enabled


@pytest.mark.parametrize("written", ["false", "0", "no", "off", "False", " NO "])
def test_disable_metrics_as_people_write_it(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_METRICS", written)
    assert backend_instrumentation.ENABLE_METRICS is False
    metrics = ExecutorMetrics(metrics_port=0)
    assert (metrics.enabled, metrics.server) == (False, None)


@pytest.mark.parametrize("variable", ["ENABLE_METRICS", "METRICS_PORT"])
def test_anything_else_is_one_clear_warning(
    variable: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(variable, "prehaps")
    for name in ("a", "b", "c"):
        assert initialized(metrics_port=0, instance_name=name).enabled
        assert backend_instrumentation.METRICS_PORT == 8001
    (message,) = caplog.messages
    assert variable in message
    assert "'prehaps'" in message


def test_the_port_of_the_environment_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backend_instrumentation.METRICS_PORT == 8001
    monkeypatch.setenv("METRICS_PORT", "9102")
    assert backend_instrumentation.METRICS_PORT == 9102
    with pytest.raises(AttributeError):
        getattr(backend_instrumentation.global_metrics, "SOMETHING")  # noqa: B009
