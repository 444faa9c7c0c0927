"""Formats the records of `logging` as lines of the same shape, for people who ship logs already."""

from __future__ import annotations

import logging
from typing import Any

from .active_trace import active_trace_id
from .performance_logger import ATTRIBUTE
from .record_line import line_of

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", ATTRIBUTE}


class PerformanceFormatter(logging.Formatter):
    """Formats a performance record as the monitors write it, and any other record as a line of JSON.

    The latter has `timestamp`, `level`, `logger`, `message`, the fields of `extra`, `exception`, and `trace_id`
    when a span is active. The query counts such lines apart.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line without its newline."""
        performance = getattr(record, ATTRIBUTE, None)
        found = performance if isinstance(performance, dict) else self._message(record)
        return line_of(found)[:-1].decode()

    def _message(self, record: logging.LogRecord) -> dict[str, Any]:
        found: dict[str, Any] = {
            "timestamp": record.created,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        found |= {key: each for key, each in vars(record).items() if key not in _USUAL}
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        trace_id = active_trace_id()
        if trace_id is not None:
            found["trace_id"] = trace_id
        return found
