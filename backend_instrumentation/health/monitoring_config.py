"""The configuration of service monitoring, validated as a whole; the names are those of the earlier system."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, TypeVar

from ..unknown_key import unknown_key

_MOST: Final = 1e9
_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_FORMATS: Final = ("json", "csv")
_CHOICES: Final = {"log_level": _LOG_LEVELS, "export_format": _FORMATS}
_PERCENT: Final = frozenset({"cpu_threshold", "memory_threshold", "disk_threshold"})
_SHARE: Final = frozenset({"error_rate_threshold"})
_MOST_RUNS: Final = 100
_RUNS: Final = frozenset({"health_check_retries", "max_consecutive_failures"})
_FROM_ZERO: Final = frozenset({"health_check_retries", "alert_cooldown"})


class MonitoringConfigError(ValueError):
    """A configuration that is refused; each line of the message names one key and what it takes."""


@dataclass(frozen=True)
class ServiceMonitoring:
    """How services are watched: intervals and timeouts in seconds."""

    status_check_interval: float = 30
    connection_timeout: float = 5
    max_consecutive_failures: int = 3


@dataclass(frozen=True)
class Thresholds:
    """From which values on alerts fire: seconds, and percent of what the process may use."""

    response_time_threshold: float = 1.0
    cpu_threshold: float = 80
    memory_threshold: float = 85
    disk_threshold: float = 90


@dataclass(frozen=True)
class ToolMonitoring:
    """Limits of tool calls: seconds, and a share of calls from 0 to 1."""

    call_timeout: float = 30
    error_rate_threshold: float = 0.1
    slow_call_threshold: float = 5.0


@dataclass(frozen=True)
class DataCollection:
    """How much is held in memory, which messages are logged, and what an export writes."""

    metrics_buffer_size: int = 1000
    log_level: str = "INFO"
    export_format: str = "json"


G = TypeVar("G", ServiceMonitoring, Thresholds, ToolMonitoring, DataCollection)


@dataclass(frozen=True)
class MonitoringConfig:
    """What is monitored, how often, and from which values on somebody is notified. Raises MonitoringConfigError.

    Times are seconds. `performance_monitoring` takes a bool, or the thresholds as a mapping, and is a bool
    afterwards; each group takes its own class or a mapping with some of its keys.
    """

    enabled: bool = True
    check_interval: float = 30
    health_check_timeout: float = 10
    health_check_retries: int = 3
    performance_monitoring: bool | Mapping[str, Any] | Thresholds = True
    metrics_retention_days: float = 7
    alerts_enabled: bool = True
    alert_cooldown: float = 300
    service_monitoring: ServiceMonitoring | Mapping[str, Any] = field(default_factory=ServiceMonitoring)
    thresholds: Thresholds | Mapping[str, Any] = field(default_factory=Thresholds)
    tool_monitoring: ToolMonitoring | Mapping[str, Any] = field(default_factory=ToolMonitoring)
    data_collection: DataCollection | Mapping[str, Any] = field(default_factory=DataCollection)

    def __post_init__(self) -> None:
        faults: list[str] = []
        if not isinstance(self.performance_monitoring, bool):
            if self.thresholds != Thresholds():
                faults.append(
                    "performance_monitoring: gives thresholds, and so does thresholds; use one of them"
                )
            self._take("performance_monitoring", "thresholds", Thresholds, faults)
            object.__setattr__(self, "performance_monitoring", True)
        else:
            self._take("thresholds", "thresholds", Thresholds, faults)
        self._take("service_monitoring", "service_monitoring", ServiceMonitoring, faults)
        self._take("tool_monitoring", "tool_monitoring", ToolMonitoring, faults)
        self._take("data_collection", "data_collection", DataCollection, faults)
        faults += _faults(self, "")
        if faults:
            raise MonitoringConfigError("\n".join(faults))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> MonitoringConfig:
        """Return the configuration of a decoded YAML or JSON document; all its faults are reported at once."""
        if not isinstance(document, Mapping):
            raise MonitoringConfigError(f"the configuration must be a mapping, not {type(document).__name__}")
        known = sorted(each.name for each in fields(cls))
        faults = [f"{key}: {unknown_key(key, known)}" for key in document if key not in known]
        try:
            found = cls(**{key: value for key, value in document.items() if key in known})
        except MonitoringConfigError as error:
            faults += str(error).splitlines()
        if faults:
            raise MonitoringConfigError("\n".join(faults))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return all keys with their values, ready for JSON and for `from_dict`."""
        return asdict(self)

    @property
    def limits(self) -> Thresholds:
        """The thresholds, as their class."""
        assert isinstance(self.thresholds, Thresholds)
        return self.thresholds

    @property
    def services(self) -> ServiceMonitoring:
        """The group `service_monitoring`, as its class."""
        assert isinstance(self.service_monitoring, ServiceMonitoring)
        return self.service_monitoring

    @property
    def tools(self) -> ToolMonitoring:
        """The group `tool_monitoring`, as its class."""
        assert isinstance(self.tool_monitoring, ToolMonitoring)
        return self.tool_monitoring

    @property
    def collection(self) -> DataCollection:
        """The group `data_collection`, as its class."""
        assert isinstance(self.data_collection, DataCollection)
        return self.data_collection

    def check_defaults(self) -> dict[str, Any]:
        """Return the options that a check gets unless it states its own."""
        return {
            "period": self.check_interval,
            "timeout": self.health_check_timeout,
            "retries": self.health_check_retries,
            "failures": self.services.max_consecutive_failures,
        }

    def _take(self, key: str, target: str, kind: type[G], faults: list[str]) -> None:
        value = getattr(self, key)
        if isinstance(value, Mapping):
            known = sorted(each.name for each in fields(kind))
            faults += [f"{key}.{each}: {unknown_key(each, known)}" for each in value if each not in known]
            value = kind(**{each: given for each, given in value.items() if each in known})
        elif not isinstance(value, kind):
            faults.append(f"{key}: {value!r} is no mapping with {', '.join(f.name for f in fields(kind))}")
            value = kind()
        faults += _faults(value, f"{key}.")
        object.__setattr__(self, target, value)


def _faults(config: Any, prefix: str) -> Iterator[str]:
    for each in fields(config):
        value, name = getattr(config, each.name), each.name
        fault = None
        if name in _CHOICES:
            fault = None if value in _CHOICES[name] else f"is none of {', '.join(_CHOICES[name])}"
        elif each.type == "bool":
            fault = None if isinstance(value, bool) else "is neither true nor false"
        elif each.type in ("int", "float"):
            fault = _number_fault(name, value, whole=each.type == "int")
        if fault:
            yield f"{prefix}{name}: {value!r} {fault}"


def _number_fault(name: str, value: object, *, whole: bool) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return "is no whole number" if whole else "is no number"
    if not math.isfinite(value):
        return "is no finite number"
    if name in _PERCENT:
        return None if 0 < value <= 100 else "is no percentage above 0, up to 100"
    if name in _SHARE:
        return None if 0 <= value <= 1 else "is no share from 0 to 1"
    if name in _RUNS and value > _MOST_RUNS:
        return f"must be {_MOST_RUNS} or less"
    least = 0 if name in _FROM_ZERO else None
    if (least is None and value <= 0) or value < 0 or value > _MOST:
        return "must be 0 or more" if least == 0 else "must be above 0"
    return None
