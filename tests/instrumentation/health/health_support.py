"""Waits for checks, and runs services that have them."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from backend_instrumentation.health import CheckAnswer, Health


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until the condition is true, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def answer(health: Health, name: str) -> CheckAnswer:
    (found,) = (each for each in health.answers() if each.check.name == name)
    return found


def settled(health: Health) -> None:
    """Wait until each check has run once."""
    until(lambda: all(each.time is not None for each in health.answers()))


@contextmanager
def running(health: Health) -> Iterator[Health]:
    health.start()
    try:
        settled(health)
        yield health
    finally:
        health.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def needed_tool(name: str) -> str:
    """Return the path of a real tool, or skip where the generator is not installed."""
    path: str = pytest.importorskip("tests.conftest").need_tool(name)
    return path
