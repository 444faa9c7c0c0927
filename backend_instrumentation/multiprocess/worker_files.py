"""Reads the files in which worker processes keep their values, and sums up the files of ended workers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client.mmap_dict import MmapedDict

from ..guard import Guard
from .liveness import forget_but, is_alive
from .shared_values import write

try:
    import fcntl
except ImportError:  # without these locks, files are never summed up
    fcntl = None  # type: ignore[assignment]

Value = tuple[float, float]
"""A value and the time when it was written, in seconds since the epoch; 0 where the time does not matter."""

FOLDED: Final = "folded"
_LOCK: Final = "folding.lock"
_MARK: Final = "instrumentation_folded_files"
_LIVE: Final = "live"


@dataclass(frozen=True, slots=True)
class WorkerFile:
    """A file of values; `kind` is its type, with the mode for gauges: `counter`, `gauge_livesum`."""

    path: Path
    kind: str
    pid: str

    @property
    def lives_with_worker(self) -> bool:
        """Whether its values lose their meaning when the worker ends."""
        return self.kind.startswith(f"gauge_{_LIVE}")


def files(folder: Path) -> list[WorkerFile]:
    """Return the files of values in the folder, by name."""
    found = []
    for path in sorted(folder.glob("*.db")):
        kind, _, pid = path.stem.rpartition("_")
        if kind:
            found.append(WorkerFile(path, kind, pid))
    return found


def read(path: Path, guard: Guard) -> Iterator[tuple[str, Value]]:
    """Yield key and value of each entry, up to where the file is damaged; an empty file has none."""
    try:
        if path.stat().st_size == 0:
            return
        for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            yield key, (value, timestamp)
    except FileNotFoundError:  # its worker has just ended, and another process has summed up the file
        return
    except Exception:
        guard.note(f"reading {path.name}")


def join(kind: str) -> Callable[[Value, Value], Value]:
    """Return the function that merges two values of one key."""
    if kind.endswith("min"):
        return lambda one, two: (min(one[0], two[0]), 0.0)
    if kind.endswith("max"):
        return lambda one, two: (max(one[0], two[0]), 0.0)
    if kind.endswith("mostrecent"):
        return lambda one, two: two if two[1] > one[1] else one
    return lambda one, two: (one[0] + two[0], 0.0)


@contextmanager
def locked(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold the folder's lock: exclusively while files are summed up, shared while they are read."""
    if fcntl is None:
        yield
        return
    with (folder / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def fold(folder: Path, guard: Guard) -> None:
    """Sum up the files of ended workers in one file per kind, so that restarts do not slow the scrape down.

    An `all` gauge keeps its processes apart, so its files stay. Raises OSError, and changes nothing, when the
    disk is full.
    """
    if fcntl is None or not _ended(folder):
        return
    with locked(folder, alone=True):
        ended = _ended(folder)
        for kind in sorted({file.kind for file in ended}):
            of_kind = [file for file in ended if file.kind == kind]
            if not of_kind[0].lives_with_worker:
                _sum_up(folder, kind, of_kind, guard)
            for file in of_kind:
                file.path.unlink(missing_ok=True)
        forget_but(folder, {file.pid for file in files(folder)})


def _ended(folder: Path) -> list[WorkerFile]:
    found = [file for file in files(folder) if file.pid != FOLDED and file.kind != "gauge_all"]
    alive = {pid: is_alive(folder, pid) for pid in {file.pid for file in found}}
    return [file for file in found if not alive[file.pid]]


def _sum_up(folder: Path, kind: str, ended: list[WorkerFile], guard: Guard) -> None:
    target, joined = folder / f"{kind}_{FOLDED}.db", join(kind)
    total = dict(read(target, guard))
    # A process that was killed between writing the sum and removing its files left files that are in the sum already.
    counted = {key for key in total if is_mark(key)}
    new = [file for file in ended if _mark(file.path) not in counted]
    total = {key: value for key, value in total.items() if key not in counted}
    for file in new:
        for key, value in read(file.path, guard):
            total[key] = joined(total[key], value) if key in total else value
    _write(target, total, [_mark(file.path) for file in ended])


def _write(target: Path, total: dict[str, Value], marks: Iterable[str]) -> None:
    unfinished = target.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    write(
        unfinished, [*((key, *value) for key, value in total.items()), *((mark, 1.0, 0.0) for mark in marks)]
    )
    unfinished.replace(target)


def _mark(path: Path) -> str:
    about = path.stat()
    return json.dumps([_MARK, _MARK, {"file": f"{path.name} {about.st_ino} {about.st_mtime_ns}"}, ""])


def is_mark(key: str) -> bool:
    """Return whether an entry is not a value but the mark of a file that was summed up."""
    return key.startswith(f'["{_MARK}"')
