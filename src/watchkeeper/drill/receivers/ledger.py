"""The ledger of drills: one line of JSON for each receiver of each drill, in the state folder.

It survives `down` and `down --volumes`, but not a new clone; Alertmanager's counters in Prometheus are the second
witness. A line that was cut by a crash is skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from watchkeeper.stack.state import LEDGER, State

_LARGEST = 256 * 1024
_KEPT = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One receiver in one drill at `time` (Unix seconds); `settings` is a hash of its settings, without secrets."""

    time: float
    drill: str
    receiver: str
    kind: str
    routes: tuple[str, ...]
    settings: str
    result: str
    proven: bool
    reason: str
    firing_seconds: float | None
    resolved_seconds: float | None
    author: str
    alertmanager: str


def ledger_path(state: State) -> Path:
    """Return the ledger of a state folder."""
    return state.folder / LEDGER


def read_ledger(state: State) -> tuple[Entry, ...]:
    """Return every entry, oldest first; none if there is no ledger or it cannot be read."""
    try:
        lines = ledger_path(state).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(_entries(lines))


def append(state: State, entries: Sequence[Entry]) -> None:
    """Add entries, and drop the oldest ones of a ledger that has grown large; raise OSError."""
    state.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignored = state.folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
    path = ledger_path(state)
    _shorten(path)
    text = "".join(json.dumps(asdict(entry)) + "\n" for entry in entries)
    # A line that a crash cut has no end, and must not swallow the next one.
    start = "" if not path.exists() or path.read_bytes()[-1:] in (b"", b"\n") else "\n"
    with path.open("a", encoding="utf-8") as stream:
        stream.write(start + text)
        stream.flush()
        os.fsync(stream.fileno())


def _shorten(path: Path) -> None:
    if path.exists() and path.stat().st_size > _LARGEST:
        kept = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_KEPT:]
        fresh = path.with_suffix(".tmp")
        fresh.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        fresh.replace(path)


def _entries(lines: Sequence[str]) -> Iterator[Entry]:
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            document = json.loads(line)
            yield Entry(**{**document, "routes": tuple(document["routes"])})
