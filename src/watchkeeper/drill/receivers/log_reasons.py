"""Alertmanager's own words about failed notifications, from the log of a native stack."""

from __future__ import annotations

import re
from pathlib import Path

from watchkeeper.stack.native.program_logs import without_tokens

_ERROR = re.compile(r'\berr="((?:[^"\\]|\\.)*)"')
_LONGEST = 240


class LogReasons:
    """Reads what a log gets from now on; addresses in it contain no secret."""

    def __init__(self, log: Path) -> None:
        """Remember the log's present end; there may be no log."""
        self._log = log
        self._start = log.stat().st_size if log.is_file() else 0

    def __call__(self, receiver: str) -> str:
        """Return the last error of a published receiver, or an empty text."""
        try:
            with self._log.open("rb") as stream:
                # A rotated log is shorter.
                stream.seek(self._start if self._log.stat().st_size >= self._start else 0)
                lines = without_tokens(stream.read().decode("utf-8", "replace")).splitlines()
        except OSError:
            return ""
        for line in reversed(lines):
            found = _ERROR.search(line)
            if found and f"receiver={receiver} " in line:
                return found[1].replace('\\"', '"')[:_LONGEST]
        return ""
