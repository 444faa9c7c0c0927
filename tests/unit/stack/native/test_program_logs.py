"""The ends of logs are shown without reading all of them, and followed through a rotation."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

import pytest

from watchkeeper.cli import main
from watchkeeper.stack.native.program_logs import follow, log_names, tail
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.state import State


def test_a_tail_is_the_last_lines_whatever_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    path.write_text("".join(f"line {number} {'x' * 90}\n" for number in range(5000)))
    assert [line.split()[1] for line in tail(path, lines=1000)] == [str(n) for n in range(4000, 5000)]
    assert [line.split()[1] for line in tail(path, lines=2)] == ["4998", "4999"]
    assert tail(path, lines=0) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no end", ["no end"]),
        ("a\nb", ["a", "b"]),
        ("a\n\n", ["a", ""]),
        ("one\ntwo\n", ["one", "two"]),
    ],
)
def test_a_short_file_is_its_own_tail(text: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / "short.log"
    path.write_text(text)
    assert tail(path, lines=5) == expected


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log", lines=5) == []


def test_a_log_is_followed_from_its_end_and_through_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "demo.log"
    path.write_text("old\n")
    seen: list[str] = []
    threading.Thread(target=follow, args=([path], lambda _, line: seen.append(line)), daemon=True).start()

    def wait_for(count: int) -> None:
        deadline = time.monotonic() + 30
        while len(seen) < count and time.monotonic() < deadline:
            time.sleep(0.02)

    time.sleep(0.6)
    with path.open("a") as log:
        log.write("first\nhal")
    wait_for(1)
    with path.open("a") as log:
        log.write("f\n")
    wait_for(2)
    path.rename(tmp_path / "demo.log.1")
    path.write_text("rotated\n")
    wait_for(3)
    assert seen == ["first", "half", "rotated"]


def test_the_command_prints_the_ends_of_the_logs_that_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = State(tmp_path / "state")
    state.create()
    state.log("demo").write_text("one\ntwo\n")
    state.log("jaeger").write_text("three\n")
    assert log_names(state) == ["demo", "jaeger"]
    assert main(["logs", "--state", str(state.folder), "-n", "1"]) == 0
    assert capsys.readouterr().out == "demo   | two\njaeger | three\n"
    assert main(["logs", "demo", "--state", str(state.folder)]) == 0
    assert capsys.readouterr().out == "one\ntwo\n"
    assert main(["logs", "grafana", "--state", str(state.folder)]) == 2
    assert "no log of grafana; the logs are: demo, jaeger" in capsys.readouterr().err


def test_without_a_stack_each_command_says_so_and_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    assert main(["status", "--state", str(state)]) == 2
    assert "no stack is running here; start one with watchkeeper up" in capsys.readouterr().err
    assert main(["logs", "--state", str(state)]) == 2
    assert "no stack has run here" in capsys.readouterr().err
    for volumes in ([], ["--volumes"]):
        assert main(["down", *volumes, "--state", str(state)]) == 0
        assert capsys.readouterr().out == "nothing was running here\n"
    assert not state.exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_in_a_pipe_is_silent_about_what_takes_no_time() -> None:
    pipe = io.StringIO()
    progress = Progress(pipe)
    progress.show("waiting for prometheus")
    progress.clear()
    assert pipe.getvalue() == ""
    progress.say("demo is scraped")
    assert pipe.getvalue() == "demo is scraped\n"


def test_progress_on_a_terminal_is_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    progress = Progress(terminal)
    progress.show("waiting for prometheus")
    progress.show("waiting for targets")
    progress.clear()
    progress.clear()
    start = "\r\x1b[2K"
    assert terminal.getvalue() == (
        f"{start}waiting for prometheus · 0 s{start}waiting for targets · 0 s{start}"
    )


def test_progress_goes_on_in_silence_when_nobody_listens_any_more() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        progress = Progress(pipe)
        progress.say("demo is scraped")
        progress.say("up")
        progress.clear()
        # What could not be written is still in the buffer, and closing the file would try again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)
