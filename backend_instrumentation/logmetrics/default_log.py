"""The log that monitors of this process write to unless they are given one."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

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


def configure_log(path: str | os.PathLike[str] | None = None, **changes: object) -> LogFile:
    """Let all monitors without a log of their own write to `path`; returns the log.

    `changes`: `max_bytes`, `daily`, `compress`, `fsync`, see LogSettings. Raises TypeError for another key.
    """
    settings = _settings() if path is None else replace(_settings(), path=os.fspath(path))
    made = LogFile(replace(settings, **changes))  # type: ignore[arg-type]
    former, _Default.log = _Default.log, made
    if former is not None:
        former.close()
    return made


def _settings() -> LogSettings:
    named = os.environ.get(VARIABLE, "").strip()
    return replace(LogSettings(), path=named) if named else LogSettings()
