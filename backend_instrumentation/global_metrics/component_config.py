"""The configuration of an instance: the keys that may change at run time, and those fixed at its start."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ..config.declared_families import ConfigError, bounds, declared_families, label_names
from ..contract import Family
from ..unknown_key import unknown_key
from .environment import port_number, switch

_RESERVED: Final = ("component", "operation_type", "success")
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class MetricsConfigError(ConfigError):
    """A configuration that is refused; the message names each wrong key and what it takes."""


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """How an instance records and where it listens.

    `labels` are further labels of the operations' families; `metrics` are the component's own families.
    """

    enabled: bool = True
    log_level: str = ""
    max_label_values: int = 200
    max_series: int = 2000
    metrics_port: int | None = None
    host: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    metrics: tuple[Family, ...] = ()


def changed(config: MetricsConfig, changes: Mapping[str, object]) -> MetricsConfig:
    """Return the configuration with changes made at run time; raises MetricsConfigError."""
    found, faults = _read(changes, RUN_TIME)
    if faults:
        raise MetricsConfigError("nothing was changed: " + "; ".join(faults))
    return replace(config, **found)


def started(changes: object) -> tuple[MetricsConfig, list[str]]:
    """Return the configuration of a new instance, and the faults of the entries that were left out."""
    if changes is None:
        return MetricsConfig(), []
    if not isinstance(changes, Mapping):
        return MetricsConfig(), [f"it must be a mapping, not {type(changes).__name__}"]
    found, faults = _read(changes, {**RUN_TIME, **AT_START})
    return replace(MetricsConfig(), **found), faults


def _read(changes: Mapping[str, object], readers: Mapping[str, Reader]) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    faults: list[str] = []
    for written, value in dict(changes).items():
        key = _ALIASES.get(written, written)
        try:
            if key not in readers:
                raise ConfigError(_unknown(key, readers))
            found[key] = readers[key](value)
        except ConfigError as error:
            faults.append(f"{written}: {error}")
    return found, faults


def _unknown(key: object, readers: Mapping[str, Reader]) -> str:
    if key in AT_START:
        return "is fixed at the start; close the instance and initialize it again"
    return unknown_key(key, readers)


def _boolean(value: object) -> bool:
    found = switch(value)
    if found is None:
        raise ConfigError(f"{value!r} is neither true nor false")
    return found


def _level(value: object) -> str:
    name = logging.getLevelName(value) if isinstance(value, int) else str(value).strip().upper()
    if name not in _LEVELS:
        raise ConfigError(f"{value!r} is none of {', '.join(_LEVELS)}")
    return str(name)


def _cap(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{value!r} is no whole number above 0")
    return value


def _port(value: object) -> int | None:
    found = port_number(value)
    if found is None and value is not None:
        raise ConfigError(f"{value!r} is no port")
    return found


def _host(value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{value!r} is no address")
    return value


def _labels(value: object) -> tuple[str, ...]:
    names = label_names(list(value) if isinstance(value, tuple) else value, "operations_total", "histogram")
    for name in _RESERVED:
        if name in names:
            raise ConfigError(f"{name!r} is there already")
    return names


def _buckets(value: object) -> tuple[float, ...]:
    return bounds(list(value) if isinstance(value, tuple) else value, "operation_duration_seconds")


def _metrics(value: object) -> tuple[Family, ...]:
    faults: list[str] = []
    found = declared_families({"metrics": value}, faults)
    faults += [f"{each.name!r} cannot have a label component" for each in found if "component" in each.labels]
    if faults:
        raise ConfigError("; ".join(faults))
    return found


Reader = Callable[[object], object]
RUN_TIME: Final[Mapping[str, Reader]] = {
    "enabled": _boolean,
    "log_level": _level,
    "max_label_values": _cap,
    "max_series": _cap,
}
AT_START: Final[Mapping[str, Reader]] = {
    "metrics_port": _port,
    "host": _host,
    "labels": _labels,
    "buckets": _buckets,
    "metrics": _metrics,
}
_ALIASES: Final = {"enable_metrics": "enabled"}
