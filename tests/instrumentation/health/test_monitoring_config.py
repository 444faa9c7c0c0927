"""The configuration has the earlier system's keys and defaults, and refuses all faults at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend_instrumentation.health import Health, MonitoringConfig, MonitoringConfigError, Thresholds

DEFAULTS = {
    "enabled": True,
    "check_interval": 30,
    "health_check_timeout": 10,
    "health_check_retries": 3,
    "performance_monitoring": True,
    "metrics_retention_days": 7,
    "alerts_enabled": True,
    "alert_cooldown": 300,
    "service_monitoring": {
        "status_check_interval": 30,
        "connection_timeout": 5,
        "max_consecutive_failures": 3,
    },
    "thresholds": {
        "response_time_threshold": 1.0,
        "cpu_threshold": 80,
        "memory_threshold": 85,
        "disk_threshold": 90,
    },
    "tool_monitoring": {"call_timeout": 30, "error_rate_threshold": 0.1, "slow_call_threshold": 5.0},
    "data_collection": {"metrics_buffer_size": 1000, "log_level": "INFO", "export_format": "json"},
}


def test_the_defaults_are_the_documented_ones() -> None:
    assert MonitoringConfig().to_dict() == DEFAULTS
    assert MonitoringConfig.from_dict(json.loads(json.dumps(DEFAULTS))) == MonitoringConfig()


@pytest.mark.parametrize("given", [{"cpu_threshold": 70}, Thresholds(cpu_threshold=70)])
def test_performance_monitoring_takes_a_bool_or_the_thresholds(given: Any) -> None:
    config = MonitoringConfig(performance_monitoring=given)
    assert config.performance_monitoring is True
    assert config.limits == Thresholds(cpu_threshold=70)
    assert MonitoringConfig(performance_monitoring=False).performance_monitoring is False


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(MonitoringConfigError) as refused:
        MonitoringConfig.from_dict(
            {
                "check_intervall": 30,
                "enabled": "yes",
                "alert_cooldown": -1,
                "health_check_retries": 2.5,
                "metrics_retention_days": float("nan"),
                "performance_monitoring": {"cpu_threshold": 800, "gpu_threshold": 1},
                "tool_monitoring": {"error_rate_threshold": 10},
                "data_collection": {"log_level": "LOUD", "export_format": "xml"},
                "service_monitoring": 7,
            }
        )
    assert sorted(line.partition(": ")[0] for line in str(refused.value).splitlines()) == [
        "alert_cooldown",
        "check_intervall",
        "data_collection.export_format",
        "data_collection.log_level",
        "enabled",
        "health_check_retries",
        "metrics_retention_days",
        "performance_monitoring.cpu_threshold",
        "performance_monitoring.gpu_threshold",
        "service_monitoring",
        "tool_monitoring.error_rate_threshold",
    ]
    assert "check_intervall: is no key, did you mean 'check_interval'?" in str(refused.value)


def test_a_retry_count_without_end_is_refused() -> None:
    with pytest.raises(MonitoringConfigError, match="health_check_retries: 101 must be 100 or less"):
        MonitoringConfig(health_check_retries=101)


def test_checks_take_their_options_from_the_configuration() -> None:
    config = MonitoringConfig(check_interval=5, health_check_timeout=3, health_check_retries=1)
    check = Health(config).add("one", lambda: True, timeout=1)
    assert (check.period, check.timeout, check.retries, check.failures) == (5, 1, 1, 3)
