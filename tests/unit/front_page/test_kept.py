"""Values that are read in the background: a page waits for no server that hangs, and readers share a reading."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from watchkeeper.front_page.kept import Kept
from watchkeeper.local_http import NoAnswer


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_reading_that_hangs_delays_the_page_by_its_patience_only_and_is_not_begun_twice() -> None:
    release, begun = threading.Event(), []

    def read() -> str:
        begun.append(1)
        release.wait(10)
        return "read"

    kept = Kept(read, every=0.0)
    start = time.monotonic()
    assert [kept.get(0.05), kept.get(0.05)] == [(None, ""), (None, "")]
    assert time.monotonic() - start < 1.0
    assert begun == [1]
    release.set()
    until(lambda: kept.get(0.05)[0] == "read")


def test_a_value_is_read_again_when_it_is_due_and_no_sooner() -> None:
    now, numbers = [0.0], iter(range(10))
    kept = Kept(lambda: next(numbers), every=4.0, clock=lambda: now[0])
    assert kept.get(5.0) == (0, "")
    now[0] = 3.9
    assert kept.get(5.0) == (0, "")
    now[0] = 4.0
    # The old value is good enough while the next one is being read.
    assert kept.get(5.0)[0] in (0, 1)
    until(lambda: kept.get(0.0) == (1, ""))
    now[0] = 60.0
    # After a pause nobody sees the value of an hour ago.
    assert kept.get(5.0) == (2, "")


def test_a_failure_keeps_the_last_value_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    answers: list[str | Exception] = ["good", NoAnswer("nothing listens"), RuntimeError("boom"), "better"]

    def read() -> str:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    kept = Kept(read, every=1.0, clock=lambda: now[0])
    found = []
    for _ in range(4):
        found.append(kept.get(5.0))
        now[0] += 10
    assert found == [
        ("good", ""),
        ("good", "nothing listens"),
        ("good", "cannot be read (RuntimeError)"),
        ("better", ""),
    ]
    assert "boom" in capsys.readouterr().err
