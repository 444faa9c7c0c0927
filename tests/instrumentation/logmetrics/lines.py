"""Reads back what was written."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

from backend_instrumentation.logmetrics.writing.log_file import LogFile


def records(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the records of one file; a line that is no record fails the test."""
    file = Path(path)
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    assert text == b"" or text.endswith(b"\n")
    # A writer that opened the file while another wrote into it may begin with an empty line.
    return [json.loads(line) for line in text.splitlines() if line]


def last(log: LogFile) -> dict[str, Any]:
    return records(log.path)[-1]


def line(number: int, width: int = 0) -> bytes:
    return (
        json.dumps(
            {"timestamp": 1.0, "metric_type": "counter", "value": number, "fill": "x" * width}
        ).encode()
        + b"\n"
    )
