"""The log that monitors of this process write to unless they are given one."""

from __future__ import annotations

import os
from typing import Any, Final

from .log_file import LogFile, LogSettings

VARIABLE: Final = "PERFORMANCE_LOG_FILE"


class _Default:
    log: LogFile | None = None


def default_log() -> LogFile:
    """Return the log of this process: PERFORMANCE_LOG_FILE, else `logs/performance.jsonl`."""
    found = _Default.log
    if found is None:
        found = _Default.log = LogFile(_settings())
    return found


def configure_log(path: str | os.PathLike[str] | None = None, **changes: Any) -> LogFile:
    """Let all monitors without a log of their own write to `path`; returns the log.

    `changes`: `max_bytes`, `daily`, `compress`, `fsync`, see LogSettings. Raises TypeError for another key
    and ValueError for a value that cannot be used.
    """
    settings = _settings() if path is None else LogSettings(os.fspath(path))
    made = LogFile(LogSettings(**{**settings._asdict(), **changes}))
    former, _Default.log = _Default.log, made
    if former is not None:
        former.close()
    return made


def _settings() -> LogSettings:
    named = os.environ.get(VARIABLE, "").strip()
    return LogSettings(named) if named else LogSettings()
