"""The last lines of the logs of a native stack, and the lines that follow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from watchkeeper.stack.state import State

_POLL_SECONDS = 0.25
_BLOCK = 64 * 1024
_LAST_LINES = 8
# Alertmanager 0.31 logs the address of Telegram's API when it cannot be reached; its pull request 5254 ends that.
_BOT_TOKEN = re.compile(r"/bot[0-9]+:[\w-]+")


def tail(path: Path, *, lines: int) -> list[str]:
    """Return the last lines of a file, none if it is missing; reads only as much of it as needed."""
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
    return without_tokens(block.decode("utf-8", "replace")).splitlines()[-lines:] if lines else []


def without_tokens(text: str) -> str:
    """Return a part of a log without the tokens of Telegram bots."""
    return _BOT_TOKEN.sub("/bot<redacted>", text)


def failure_report(name: str, state: State, failure: str) -> str:
    """Return a sentence about the program's failure, the end of its log, and the log's path."""
    return f"{name} {failure}; {log_excerpt(name, state)}"


def log_excerpt(name: str, state: State) -> str:
    """Return the end of a program's log, and the log's path."""
    log = state.log(name)
    lines = [f"  {line}" for line in tail(log, lines=_LAST_LINES)] or ["  (it wrote nothing)"]
    return "\n".join(["its last lines:", *lines, f"the whole log: {log}"])


def log_names(state: State) -> list[str]:
    """Return the programs with a non-empty log, including supervisord, in alphabetical order."""
    logs = (state.folder / "logs").glob("*.log")
    return sorted(path.stem for path in logs if path.stat().st_size)


def follow(paths: Iterable[Path], show: Callable[[Path, str], None]) -> None:
    """Pass on every line that is added to the files from now on, forever; a rotated file is read from its start."""
    readers = [(path, _added(path)) for path in paths]
    while True:
        for path, added in readers:
            for line in next(added):
                show(path, line)
        time.sleep(_POLL_SECONDS)


def _added(path: Path) -> Iterator[list[str]]:
    """Yield, at each step, the complete lines that were added since the step before."""
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
        yield [without_tokens(line.decode("utf-8", "replace")) for line in whole]


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_size
