"""A file that appears whole, under its own name, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from watchkeeper import naming


@dataclass(slots=True)
class WholeFile:
    """The stream to write to; the file appears if `keep` is true at the end."""

    stream: TextIO
    keep: bool = False


@contextmanager
def whole_file(path: Path) -> Iterator[WholeFile]:
    """Write next to the path and rename at the end; raise OSError. A pipe or device is written directly."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield WholeFile(stream)
        return
    # The process id: two exports to one file do not write into each other's.
    fresh = path.with_name(f"{path.name}.{os.getpid()}{naming.TEMPORARY_SUFFIX}")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as stream:
            file = WholeFile(stream)
            yield file
            stream.flush()
            os.fsync(stream.fileno())
        if file.keep:
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
