"""Finds the folder in which worker processes share their values, and turns a full disk there into an error.

prometheus-client decides at its import: with PROMETHEUS_MULTIPROC_DIR each process keeps its values in files of that
folder. It maps these files before the disk has room for them, and the system kills a process that writes into such
a hole (SIGBUS). Here the room is reserved first, so that a full disk raises OSError before anything changes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from prometheus_client import mmap_dict, values

from ..guard import LOGGER
from .liveness import remember

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_VALUES: Final[Any] = values  # the replaced names are not part of its typed surface
_FIRST_BYTES: Final = 1 << 16
_ENTRY_BYTES: Final = 4 + 8 + 16
"""What an entry needs in addition to its key: its length, padding up to 8, value and timestamp."""


def folder() -> Path | None:
    """Return the folder in which the processes keep their values; None when each process keeps its own."""
    shared = os.environ.get(VARIABLE)
    return Path(shared) if shared and getattr(values.ValueClass, "_multiprocess", False) else None


def prepare() -> None:
    """Make the shared folder usable, or let this process keep its own values; never raises, and is safe twice."""
    shared = folder()
    if shared is None:
        return
    try:
        shared.mkdir(parents=True, exist_ok=True)
        remember(shared)
        if not os.access(shared, os.W_OK):
            raise PermissionError(f"{shared} is not writable")
    except OSError as error:
        LOGGER.warning(
            "%s cannot be used, every worker answers /metrics for itself alone: %s", VARIABLE, error
        )
        _VALUES.ValueClass = values.MutexValue
        return
    if not issubclass(_VALUES.MmapedDict, _ReservingDict):
        _reserve_everywhere()


class _ReservingDict(mmap_dict.MmapedDict):
    """A file of values that reserves its room on the disk before it is mapped."""

    _capacity: int
    _used: int
    _positions: dict[str, int]
    _f: Any

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode:
            with Path(filename).open("a+b") as file:
                reserve(file.fileno(), max(_FIRST_BYTES, os.fstat(file.fileno()).st_size))
            remember(Path(filename).parent)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        needed, size = self._used + len(key.encode()) + _ENTRY_BYTES, self._capacity
        while needed > size:
            size *= 2
        if size > self._capacity:
            reserve(self._f.fileno(), size)
        super()._init_value(key)  # type: ignore[no-untyped-call]


def write(path: Path, entries: Iterable[tuple[str, float, float]]) -> None:
    """Write a new file of values from keys, values and timestamps; raises OSError when the disk is full."""
    written: Any = _ReservingDict(str(path))
    try:
        for key, value, timestamp in entries:
            written.write_value(key, value, timestamp)
    finally:
        written.close()


def _reserve_everywhere() -> None:
    _VALUES.MmapedDict = _ReservingDict
    # The application's own metrics may be open already: their files must grow in the same way.
    for value in _open_values():
        if type(value._file) is mmap_dict.MmapedDict:
            value._file.__class__ = _ReservingDict


def _open_values() -> list[Any]:
    try:
        cells = values.ValueClass.__init__.__closure__ or ()
        return next(each.cell_contents for each in cells if isinstance(each.cell_contents, list))
    except (AttributeError, StopIteration, ValueError):
        return []


def reserve(descriptor: int, size: int) -> None:
    """Reserve that many bytes of the disk for a file; raises OSError when the disk has fewer."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    missing = size - os.fstat(descriptor).st_size
    os.lseek(descriptor, 0, os.SEEK_END)
    while missing > 0:
        missing -= os.write(descriptor, bytes(min(missing, _FIRST_BYTES)))
