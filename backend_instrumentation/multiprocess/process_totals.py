"""Sums what all worker processes use: memory, files and CPU time, including that of ended workers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from ..contract import families
from .worker_files import locked

_LEDGER: Final = "cpu_seconds.json"
_CPU: Final = "process_cpu_seconds_total"
_START: Final = "process_start_time_seconds"
_OURS: Final = tuple(each for each in families(("system",)) if each.origin == "process_collector")
OF_PROCESSES: Final = frozenset(each.name.removesuffix("_total") for each in _OURS)
"""The families, named as prometheus-client names them."""

Readings = dict[str, float]


def processes(folder: Path, pids: Iterable[int]) -> list[Metric]:
    """Return the process families of the contract: sums over these workers, and the oldest start.

    The CPU time of a worker that ended stays in the sum, as of its last scrape. Raises OSError when the disk is full.
    """
    each = {pid: _readings(pid) for pid in pids}
    each = {pid: readings for pid, readings in each.items() if readings}
    if not each:
        return []
    return [
        _metric(family.name, family.type, family.help, _total(folder, family.name, each)) for family in _OURS
    ]


def _readings(pid: int) -> Readings:
    collector = ProcessCollector(pid=lambda: pid, registry=None)
    return {sample.name: sample.value for metric in collector.collect() for sample in metric.samples}


def _total(folder: Path, name: str, each: dict[int, Readings]) -> float:
    found = [readings[name] for readings in each.values() if name in readings]
    if name == _START:
        return min(found, default=0.0)
    return _cpu_seconds(folder, each) if name == _CPU else sum(found)


def _cpu_seconds(folder: Path, each: dict[int, Readings]) -> float:
    # The start is part of the key: a new worker may get the number of one that ended.
    now = {
        f"{pid} {readings[_START]:.2f}": readings[_CPU] for pid, readings in each.items() if _CPU in readings
    }
    ledger = folder / _LEDGER
    with locked(folder, alone=True):
        seen = _seen(ledger)
        gone = seen.pop("gone", 0.0) + sum(seconds for key, seconds in seen.items() if key not in now)
        unfinished = ledger.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({**now, "gone": gone}), encoding="ascii")
        unfinished.replace(ledger)
    return gone + sum(now.values())


def _seen(ledger: Path) -> Readings:
    try:
        return {
            str(key): float(value) for key, value in json.loads(ledger.read_text(encoding="ascii")).items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _metric(name: str, kind: str, help_text: str, value: float) -> Metric:
    metric = (CounterMetricFamily if kind == "counter" else GaugeMetricFamily)(name, help_text)
    metric.add_metric([], value)
    return metric
