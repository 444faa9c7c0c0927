"""What an alert is, and the rules that decide when one fires."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ..monitoring_config import MonitoringConfig
from .moving_baseline import MovingBaseline

Metrics = Mapping[str, Any]
"""What a dashboard's `snapshot()` returns: `system`, `services`, `tools`, `health`, `time`."""
Condition = Callable[[Any], object]


class AlertLevel(str, Enum):
    """How urgent an alert is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclass(frozen=True)
class AlertRule:
    """Fires while `condition(metrics)` is true. While it fires, it notifies once in `cooldown` seconds.

    `message` is a text, or a function of the metrics that returns one. Raises ValueError for what is no rule.
    """

    name: str
    condition: Condition
    level: AlertLevel
    message: str | Callable[[Any], str]
    cooldown: float = 300

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError("an alert rule needs a name")
        if not callable(self.condition):
            raise ValueError(f"alert rule {self.name}: condition is no function of the metrics")
        object.__setattr__(self, "level", AlertLevel(self.level))
        number = isinstance(self.cooldown, int | float) and not isinstance(self.cooldown, bool)
        if not number or not math.isfinite(self.cooldown) or self.cooldown < 0:
            raise ValueError(
                f"alert rule {self.name}: cooldown: {self.cooldown!r} is no number of seconds from 0 on"
            )


@dataclass(frozen=True)
class Alert:
    """One notification: that a rule fires, or with `resolved` that it has ceased to.

    `started` and `time` are seconds since the epoch; `cooldown` is the rule's.
    """

    name: str
    level: AlertLevel
    message: str
    started: float
    time: float
    resolved: bool = False
    cooldown: float = 300

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "name": self.name,
            "level": self.level.value,
            "message": self.message,
            "started": self.started,
            "time": self.time,
            "state": "resolved" if self.resolved else "firing",
        }


def anomaly_rule(
    name: str,
    value: Callable[[Any], float | None],
    *,
    level: AlertLevel = AlertLevel.WARNING,
    deviations: float = 4.0,
    window: int = 120,
    minimum: int = 20,
    message: str | Callable[[Any], str] = "",
    cooldown: float = 300,
) -> AlertRule:
    """Return a rule that fires when a value is further from its moving mean than so many standard deviations.

    The mean is of the latest `window` values; nothing fires before `minimum` of them. None is no value.
    """
    baseline = MovingBaseline(deviations=deviations, window=window, minimum=minimum)
    text = message or f"{name}: the value is unlike the latest {window} ones"
    return AlertRule(name, lambda metrics: baseline.is_unusual(value(metrics)), level, text, cooldown)


def threshold_rules(config: MonitoringConfig) -> list[AlertRule]:
    """Return the rules of the configuration's thresholds, for the metrics of a dashboard."""
    limits, tools, cooldown = config.limits, config.tools, config.alert_cooldown
    rules = [
        _above("HighCPUUsage", "cpu_percent", limits.cpu_threshold, cooldown),
        _above("HighMemoryUsage", "memory_percent", limits.memory_threshold, cooldown),
        _above("DiskAlmostFull", "disk_percent", limits.disk_threshold, cooldown),
        _named("SlowResponses", "services", "p95_response_time", limits.response_time_threshold, cooldown),
        _named("FailingTools", "tools", "error_rate", tools.error_rate_threshold, cooldown),
        _named("SlowTools", "tools", "p95_duration", tools.slow_call_threshold, cooldown),
    ]
    return [*rules, AlertRule("ServiceInError", _in_error, AlertLevel.CRITICAL, _error_text, cooldown)]


def _above(name: str, key: str, limit: float, cooldown: float) -> AlertRule:
    def value(metrics: Metrics) -> float | None:
        found: float | None = metrics["system"][key]
        return found

    def message(metrics: Metrics) -> str:
        return f"{key} is {value(metrics):.1f}, the threshold is {limit:g}"

    return AlertRule(
        name, lambda metrics: _exceeds(value(metrics), limit), AlertLevel.WARNING, message, cooldown
    )


def _named(name: str, group: str, key: str, limit: float, cooldown: float) -> AlertRule:
    def found(metrics: Metrics) -> list[str]:
        each = metrics[group].items()
        return [f"{one}: {key} is {of[key]:.3g}" for one, of in each if _exceeds(of[key], limit)]

    def message(metrics: Metrics) -> str:
        return f"{', '.join(found(metrics))}; the threshold is {limit:g}"

    return AlertRule(name, lambda metrics: bool(found(metrics)), AlertLevel.WARNING, message, cooldown)


def _exceeds(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


_ERROR: Final = "error"


def _in_error(metrics: Metrics) -> bool:
    return any(each["status"] == _ERROR for each in metrics["services"].values())


def _error_text(metrics: Metrics) -> str:
    found = [(name, each) for name, each in metrics["services"].items() if each["status"] == _ERROR]
    return "; ".join(f"{name} is in error: {each['last_error'] or 'its checks fail'}" for name, each in found)
