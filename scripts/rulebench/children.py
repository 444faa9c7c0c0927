"""Processes of the run, in a session of their own: an interrupt reaches us alone, and we stop them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 10


@contextmanager
def children() -> Iterator[Children]:
    """Yield what starts processes; every one of them has ended when the block is left."""
    every = Children()
    try:
        yield every
    finally:
        every.stop()


class Children:
    """The processes that were started and may still run."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False

    def start(self, command: Sequence[str | Path], log: Path) -> subprocess.Popen[str]:
        """Start a process that writes to `log`; raise RuntimeError when the run is ending."""
        if self._closed:
            raise RuntimeError("the run is ending")
        with log.open("a") as out:
            child = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, text=True, start_new_session=True
            )
        self._running.add(child)
        if self._closed:
            self.stop()
        return child

    def run(self, command: Sequence[str | Path], log: Path) -> None:
        """Run a process to its end; raise RuntimeError with the end of its log if it fails."""
        child = self.start(command, log)
        status = child.wait()
        self._running.discard(child)
        if status != 0:
            raise RuntimeError(f"{command[0]} ended with {status}: {log.read_text()[-800:]}")

    def stop(self) -> None:
        """End what runs: asked first, killed after ten seconds."""
        self._closed = True
        for child in tuple(self._running):
            child.terminate()
        for child in tuple(self._running):
            _end(child)
        self._running.clear()


def _end(child: subprocess.Popen[str]) -> None:
    try:
        child.wait(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
