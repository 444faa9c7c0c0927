"""Writes performance records: one line a record, at once; nothing is held, and nothing raises."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from ..feed.loss_counts import WRITER, lost
from ..feed.loss_metric import LOSS_COUNTER
from .active_trace import active_trace_id
from .default_log import default_log
from .log_file import LogFile
from .record_line import line_of

ATTRIBUTE: Final = "performance"
"""The attribute of a `logging.LogRecord` that carries a record."""
_OWN: Final = frozenset(("timestamp", "metric_type", "operation", "trace_id"))
_TAKEN: Final = {"timer": _OWN | {"duration"}, "counter": _OWN, "gauge": _OWN}


class PerformanceLogger:
    """Records timers, counters and gauges of one module.

    `log` is a LogFile, a `logging.Logger` (whose handlers need a PerformanceFormatter), or None for the log of
    the process. Fields named `size` (bytes), `success` and `module` replace those of the record; further fields
    are added to it. A field named like another part of the record is written with the prefix `field_`.
    """

    def __init__(self, log: LogFile | logging.Logger | None = None, module: str = "") -> None:
        self.log = log
        self.module = module

    def log_timer(self, name: str, value: float | None, **fields: Any) -> None:
        """Record that the operation `name` took `value` seconds."""
        self._record("timer", name, value, fields)

    def log_counter(self, name: str, value: float = 1, **fields: Any) -> None:
        """Record that `name` happened `value` times."""
        self._record("counter", name, None, {"value": value, **fields})

    def log_gauge(self, name: str, value: float, **fields: Any) -> None:
        """Record that `name` has the value `value` now."""
        self._record("gauge", name, None, {"value": value, **fields})

    def _record(self, kind: str, name: str, duration: float | None, fields: dict[str, Any]) -> None:
        try:
            now = time.time()
            if not LOSS_COUNTER.exposed:
                LOSS_COUNTER.expose()
            if not _TAKEN[kind].isdisjoint(fields):
                fields = {
                    f"field_{key}" if key in _TAKEN[kind] else key: each for key, each in fields.items()
                }
            record = {
                "timestamp": now,
                "metric_type": kind,
                "operation": name,
                "duration": duration,
                "size": None,
                "success": True,
                "module": self.module,
                **fields,
            }
            trace_id = active_trace_id()
            if trace_id is not None:
                record["trace_id"] = trace_id
            self._write(record, now)
        except Exception as error:
            lost(WRITER, error)

    def _write(self, record: dict[str, Any], now: float) -> None:
        log = self.log
        if isinstance(log, logging.Logger):
            log.info(record["operation"], extra={ATTRIBUTE: record})
        else:
            (default_log() if log is None else log).append(line_of(record), now)
