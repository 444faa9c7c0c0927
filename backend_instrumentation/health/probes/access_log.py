"""Keeps probes that pass out of uvicorn's access log; probes that fail stay in it."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final

_ACCESS_LOG: Final = "uvicorn.access"
_FIRST_ERROR: Final = 400


class _ProbeFilter(logging.Filter):
    def __init__(self, paths: Collection[str]) -> None:
        super().__init__()
        self.paths = frozenset(paths)

    def filter(self, record: logging.LogRecord) -> bool:
        # uvicorn logs client, method, path with query, HTTP version, status.
        arguments = record.args
        if not isinstance(arguments, tuple) or len(arguments) != 5:
            return True
        path, status = arguments[2], arguments[4]
        passed = isinstance(status, int) and status < _FIRST_ERROR
        return not (passed and str(path).partition("?")[0] in self.paths)


def keep_out(paths: Collection[str]) -> None:
    """Log no access to these paths that succeeds; calling it again with the same paths changes nothing."""
    log = logging.getLogger(_ACCESS_LOG)
    wanted = frozenset(paths)
    if not any(isinstance(each, _ProbeFilter) and each.paths == wanted for each in log.filters):
        log.addFilter(_ProbeFilter(wanted))
