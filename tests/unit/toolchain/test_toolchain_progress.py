"""What a person sees of a build, on a terminal and in a pipe."""

from __future__ import annotations

import io

import pytest

from watchkeeper.toolchain import Console, Progress, console
from watchkeeper.toolchain.building.build_progress import Step


def told(*moments: tuple[str, Step, float], live: bool = False) -> str:
    stream = io.StringIO()
    show = Console(stream, live=live)
    for name, step, seconds in moments:
        show(Progress(name=name, step=step, seconds=seconds))
    return stream.getvalue()


def test_a_pipe_gets_a_line_at_the_start_one_each_30_seconds_and_one_at_the_end() -> None:
    ticks: list[tuple[str, Step, float]] = [("jaeger 2", "running", second) for second in range(1, 75)]
    text = told(("jaeger 2", "started", 0), *ticks, ("jaeger 2", "built", 75.4))
    assert text.splitlines() == [
        "building jaeger 2 with Go (the first time only)",
        "building jaeger 2  0m30s",
        "building jaeger 2  1m00s",
        "built jaeger 2 in 1m15s",
    ]


def test_in_a_pipe_each_build_has_its_own_heartbeat() -> None:
    text = told(("a", "started", 0), ("b", "started", 0), ("a", "running", 31), ("b", "running", 31))
    assert text.splitlines()[2:] == ["building a  0m31s", "building b  0m31s"]


def test_waiting_for_another_process_is_told_at_once_and_then_each_30_seconds() -> None:
    ticks: list[tuple[str, Step, float]] = [("a", "waiting", second) for second in range(35)]
    assert told(*ticks).splitlines() == [
        "waiting for another process that is building a  0m00s",
        "waiting for another process that is building a  0m30s",
    ]


def test_a_failed_build_says_so_with_its_time() -> None:
    assert told(("a", "started", 0), ("a", "failed", 61)).splitlines()[1] == "failed to build a after 1m01s"


def test_a_terminal_shows_one_live_line_a_build_and_keeps_the_lines_of_those_that_ended() -> None:
    text = told(
        ("a", "started", 0),
        ("b", "started", 0),
        ("a", "running", 5),
        ("a", "built", 6),
        ("b", "running", 7),
        live=True,
    )
    assert screen(text) == ["built a in 0m06s", "building b  0m07s", ""]


def test_a_live_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert max(map(len, screen(told(("a" * 50, "running", 5), live=True)))) == 19


def test_a_stream_that_is_no_terminal_is_not_redrawn() -> None:
    stream = io.StringIO()
    console(stream)(Progress(name="a", step="started", seconds=0))
    assert "\x1b" not in stream.getvalue()


def screen(text: str) -> list[str]:
    """Return the lines that a terminal shows after this text: newlines, `up N lines` and `clear the line`."""
    lines, row = [""], 0
    for part in text.replace("\n", "\x1bN").split("\x1b"):
        if part.startswith("N"):
            row, part = row + 1, part[1:]
            lines += [""] * (row + 1 - len(lines))
        elif part.startswith("[2K"):
            lines[row], part = "", part[3:]
        elif part.startswith("["):
            count, _, part = part[1:].partition("F")
            row -= int(count)
        lines[row] += part
    return lines
