"""Reads what the process uses of what it may use: the limits of its control group, else of the machine.

psutil, the extra `system`, reads it; without psutil the numbers are None, and one warning says so.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from ...guard import LOGGER
from ...process.limits import cpu_limit_cores, memory_limit_bytes

T = TypeVar("T")
_PERCENT: Final = 100.0
_SHORTEST_SECONDS: Final = 0.25
"""The CPU usage of a shorter time says nothing; the number before is returned."""


@dataclass(frozen=True)
class SystemMetrics:
    """Usage at one moment; a number that cannot be read is None.

    `cpu_percent` and `memory_percent` are of `cpu_limit_cores` and `memory_limit_bytes`, the container's limits where
    there is one. `cpu_percent` is the mean since the reading before. Network bytes are since the machine's start.
    """

    cpu_percent: float | None = None
    cpu_limit_cores: float | None = None
    memory_bytes: float | None = None
    memory_limit_bytes: float | None = None
    memory_percent: float | None = None
    disk_total_bytes: float | None = None
    disk_free_bytes: float | None = None
    disk_percent: float | None = None
    network_received_bytes: float | None = None
    network_sent_bytes: float | None = None
    open_files: int | None = None
    threads: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


class SystemMonitor:
    """Reads the usage of this process; `disk` is a path on the file system that is measured."""

    _warned = False

    def __init__(self, disk: str = ".") -> None:
        self._disk = disk
        self._lock = threading.Lock()
        self._before: tuple[float, float] | None = None
        self._cpu: float | None = None
        self._psutil: Any = _psutil()
        self._process: Any = None if self._psutil is None else _read(self._psutil.Process)
        self._cpu_percent(None)

    def metrics(self) -> SystemMetrics:
        """Return the usage of this moment; never raises."""
        if self._psutil is None:
            self._warn()
            return SystemMetrics()
        cores, limit = _read(cpu_limit_cores) or self._cores(), self._memory_limit()
        memory = _read(lambda: float(self._process.memory_info().rss))
        disk = _read(lambda: self._psutil.disk_usage(self._disk))
        network = self._network()
        return SystemMetrics(
            cpu_percent=self._cpu_percent(cores),
            cpu_limit_cores=cores,
            memory_bytes=memory,
            memory_limit_bytes=limit,
            memory_percent=_PERCENT * memory / limit if memory is not None and limit else None,
            disk_total_bytes=None if disk is None else float(disk.total),
            disk_free_bytes=None if disk is None else float(disk.free),
            disk_percent=None if disk is None or not disk.total else _PERCENT * (1 - disk.free / disk.total),
            network_received_bytes=None if network is None else network[0],
            network_sent_bytes=None if network is None else network[1],
            open_files=_read(lambda: int(self._process.num_fds())),
            threads=_read(lambda: int(self._process.num_threads())),
        )

    def _cores(self) -> float | None:
        count = _read(self._psutil.cpu_count)
        return None if count is None else float(count)

    def _memory_limit(self) -> float | None:
        found = _read(memory_limit_bytes)  # reads Linux's files
        return _read(lambda: float(self._psutil.virtual_memory().total)) if found is None else found

    def _cpu_percent(self, cores: float | None) -> float | None:
        if self._process is None:
            return None
        used = _read(lambda: math.fsum(self._process.cpu_times()[:2]))
        if used is None:
            return None
        now = time.monotonic()
        with self._lock:
            since, before = self._before or (now, used)
            if self._before is None or now - since >= _SHORTEST_SECONDS:
                self._before = (now, used)
                if cores and now > since:
                    self._cpu = _PERCENT * max(0.0, used - before) / (now - since) / cores
            return self._cpu

    def _network(self) -> tuple[float, float] | None:
        def read() -> tuple[float, float]:
            each = [one for name, one in self._psutil.net_io_counters(pernic=True).items() if name != "lo"]
            return float(sum(one.bytes_recv for one in each)), float(sum(one.bytes_sent for one in each))

        return _read(read)

    def _warn(self) -> None:
        if not SystemMonitor._warned:
            SystemMonitor._warned = True
            LOGGER.warning(
                "usage of CPU and memory is not read: pip install 'backend-instrumentation[system]'"
            )


def _psutil() -> Any:
    try:
        import psutil
    except Exception:  # a package that does not fit the machine raises other things than ImportError
        return None
    return psutil


def _read(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Exception:  # the system does not have it, or does not allow it
        return None
