"""Whatever carries a stack's mark is found and ended, however it tries to get away; nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchkeeper.stack.processes import MARK, command_of, end_processes, is_alive, marked, stack_of
from watchkeeper.stack.state import State

READY = "print('ready', flush=True); time.sleep(600)"
STUBBORN = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"
RUNAWAY = f"import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n{READY}"
BREEDER = f"""
import os, signal, time
def again(*_):
    if os.fork():
        os._exit(0)
signal.signal(signal.SIGTERM, again)
{READY}
time.sleep(600)
"""
PLAIN = f"import time; {READY}"

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a Python program with a stack's mark and wait until it is ready; all are ended with the test."""
    states: list[State] = []
    begun: list[subprocess.Popen[bytes]] = []

    def run(program: str, state: State) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            env={**os.environ, MARK: str(state.folder)},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        states.append(state)
        begun.append(process)
        return process

    yield run
    for state in states:
        end_processes(state, term_seconds=0)
    for process in begun:
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def test_a_process_is_known_by_its_mark_and_only_by_the_whole_of_it(start: Start, tmp_path: Path) -> None:
    ours, longer = State(tmp_path / "a"), State(tmp_path / "ab")
    process = start(PLAIN, ours)
    start(PLAIN, longer)
    assert [each.pid for each in marked(ours)] == [process.pid]
    assert stack_of(process.pid) == str(ours.folder)


def test_the_mark_is_not_the_variable_with_which_users_choose_a_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path / "a")
    environment = {**os.environ, "WATCHKEEPER_STATE": str(state.folder)}
    shell = subprocess.Popen([sys.executable, "-c", PLAIN], stdout=subprocess.DEVNULL, env=environment)
    try:
        end_processes(state)
        assert shell.poll() is None
    finally:
        shell.kill()
        shell.wait()


@pytest.mark.parametrize(
    "program", [PLAIN, STUBBORN, RUNAWAY, BREEDER], ids=["plain", "stubborn", "runaway", "breeder"]
)
def test_a_sweep_leaves_nothing(program: str, start: Start, tmp_path: Path) -> None:
    state = State(tmp_path / "a")
    start(program, state)
    assert end_processes(state, term_seconds=0.5) != []
    assert marked(state) == []


def test_a_process_that_heeds_term_is_not_killed(start: Start, tmp_path: Path) -> None:
    state = State(tmp_path / "a")
    process = start(PLAIN, state)
    end_processes(state, term_seconds=30)
    assert process.wait(10) == -signal.SIGTERM


def test_who_sweeps_from_inside_a_stack_does_not_end_itself(tmp_path: Path) -> None:
    state = tmp_path / "a"
    program = (
        "from pathlib import Path\nfrom watchkeeper.stack.processes import end_processes\n"
        f"from watchkeeper.stack.state import State\nprint(len(end_processes(State(Path({str(state)!r})), term_seconds=0)))"
    )
    environment = {**os.environ, MARK: str(state)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


def test_a_process_that_has_ended_is_not_alive_even_before_it_is_collected() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    deadline = time.monotonic() + 30
    while is_alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(process.pid)
    process.wait()
    assert is_alive(os.getpid())


def test_a_command_is_shown_on_one_line_of_bounded_length() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time\n" + "# long\n" * 99 + "time.sleep(60)"])
    try:
        deadline = time.monotonic() + 30
        while "# long" not in (shown := command_of(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    assert shown.startswith(f"{sys.executable} -c import time # long # long")
    assert len(shown) <= 120
