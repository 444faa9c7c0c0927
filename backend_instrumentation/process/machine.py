"""Reads the machine and the process's limits at each scrape; a value that cannot be read is left out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..contract import Family, families
from .limits import cpu_limit_cores, memory_bytes, memory_limit_bytes

Readings = Mapping[tuple[str, ...], float]


class SystemCollector(Collector):
    """Collects the system pack of the contract, except what prometheus-client's ProcessCollector collects."""

    def describe(self) -> Iterable[Metric]:
        return [_metric(family, {}) for family in OURS]

    def collect(self) -> Iterable[Metric]:
        return [_metric(family, _read(family.name)) for family in OURS]


class NoCollector(Collector):
    """Collects nothing."""

    def collect(self) -> Iterable[Metric]:
        return []


def process_collector(registry: CollectorRegistry) -> Collector:
    """Return prometheus-client's ProcessCollector, or an empty collector where the registry has one."""
    if any(metric.name == "process_start_time_seconds" for metric in registry.collect()):
        return NoCollector()
    return ProcessCollector(registry=None)


def _metric(family: Family, readings: Readings) -> Metric:
    kind = CounterMetricFamily if family.type == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=family.labels)
    for labels, value in readings.items():
        metric.add_metric(labels, value)
    return metric


def _read(name: str) -> Readings:
    try:
        return _READERS[name]()
    except (OSError, ValueError, LookupError):
        return {}


def _cpu_seconds() -> Readings:
    with Path("/proc/stat").open(encoding="ascii") as lines:
        ticks = [int(each) / os.sysconf("SC_CLK_TCK") for each in next(lines).split()[1:9]]
    user, nice, system, idle, iowait, *others = ticks
    modes = {"user": user + nice, "system": system, "idle": idle, "iowait": iowait, "other": sum(others)}
    return {(mode,): seconds for mode, seconds in modes.items()}


def _network_bytes(column: int) -> float:
    total = 0
    for line in Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]:
        interface, _, counts = line.partition(":")
        if interface.strip() != "lo":
            total += int(counts.split()[column])
    return float(total)


def _one(read: Callable[[], float]) -> Callable[[], Readings]:
    return lambda: {(): read()}


OURS: Final = tuple(family for family in families(("system",)) if family.origin == "package")
COLLECTED: Final = tuple(family for family in families(("system",)) if family.origin != "package")
_READERS: Final[Mapping[str, Callable[[], Readings]]] = {
    "process_memory_limit_bytes": _one(memory_limit_bytes),
    "process_cpu_limit_cores": _one(cpu_limit_cores),
    "system_memory_total_bytes": _one(lambda: memory_bytes("MemTotal")),
    "system_memory_available_bytes": _one(lambda: memory_bytes("MemAvailable")),
    "system_cpu_seconds_total": _cpu_seconds,
    "system_disk_total_bytes": _one(lambda: shutil.disk_usage(".").total),
    "system_disk_available_bytes": _one(lambda: shutil.disk_usage(".").free),
    "system_network_receive_bytes_total": _one(lambda: _network_bytes(0)),
    "system_network_transmit_bytes_total": _one(lambda: _network_bytes(8)),
}
