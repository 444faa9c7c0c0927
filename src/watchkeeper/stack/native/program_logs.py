"""The last lines of what a native stack's programs wrote, and those that come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from watchkeeper.stack.state import State

_POLL_SECONDS = 0.25
_BLOCK = 64 * 1024
_LAST_LINES = 8


def tail(path: Path, *, lines: int) -> list[str]:
    """Return the last lines of a file, none if it is not there; reads no more of it than it must."""
    try:
        with path.open("rb") as file:
            position = file.seek(0, 2)
            block = b""
            while position > 0 and block.count(b"\n") <= lines:
                start = max(0, position - _BLOCK)
                file.seek(start)
                block = file.read(position - start) + block
                position = start
    except OSError:
        return []
    return block.decode("utf-8", "replace").splitlines()[-lines:] if lines else []


def died(name: str, state: State, what: str) -> str:
    """Return the sentence, the last lines that the program wrote, and where the rest is."""
    return f"{name} {what}; {last_words(name, state)}"


def last_words(name: str, state: State) -> str:
    """Return the last lines that a program wrote, and where the rest is."""
    log = state.log(name)
    said = [f"  {line}" for line in tail(log, lines=_LAST_LINES)] or ["  (it wrote nothing)"]
    return "\n".join(["its last lines:", *said, f"the whole log: {log}"])


def log_names(state: State) -> list[str]:
    """Return the programs that wrote anything, supervisord among them, in alphabetical order."""
    logs = (state.folder / "logs").glob("*.log")
    return sorted(path.stem for path in logs if path.stat().st_size)


def follow(paths: Iterable[Path], tell: Callable[[Path, str], None]) -> None:
    """Hand over every line that is added to the files from now on, for ever; a rotated file is read anew."""
    readers = [(path, _added(path)) for path in paths]
    while True:
        for path, added in readers:
            for line in next(added):
                tell(path, line)
        time.sleep(_POLL_SECONDS)


def _added(path: Path) -> Iterator[list[str]]:
    """Yield, at each turn, the whole lines that were added since the last."""
    inode, position, rest = _identity(path)[0], _identity(path)[1], b""
    while True:
        now, size = _identity(path)
        if now != inode or size < position:
            inode, position, rest = now, 0, b""
        if size > position:
            with path.open("rb") as file:
                file.seek(position)
                rest += file.read(size - position)
            position = size
        *whole, rest = rest.split(b"\n")
        yield [line.decode("utf-8", "replace") for line in whole]


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_size
