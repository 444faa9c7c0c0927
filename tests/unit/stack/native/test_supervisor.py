"""The real supervisord, on small programs: started, changed, asked, and gone without a trace."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchkeeper.stack.native.rpc import Unreachable
from watchkeeper.stack.native.supervisor import Program, Supervisor
from watchkeeper.stack.native.watch import watching
from watchkeeper.stack.processes import is_alive, marked
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.state import State

HEAD = """\
[supervisord]
nodaemon=true
silent=true
logfile=logs/supervisord.log
pidfile=supervisord.pid
childlogdir=logs
[unix_http_server]
file=%(ENV_WATCHKEEPER_SOCKET)s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """\
[program:{name}]
command={command}
startsecs=1
startretries=1
stdout_logfile=logs/{name}.log
redirect_stderr=true
"""
SLEEP = "sleep 600"


def conf(folder: Path, **programs: str) -> Path:
    path = folder / "supervisord.conf"
    parts = [PROGRAM.format(name=name, command=command) for name, command in programs.items()]
    path.write_text(HEAD + "".join(parts), encoding="utf-8")
    return path


def until(
    supervisor: Supervisor, wanted: Callable[[dict[str, Program]], bool], *, seconds: float = 30
) -> dict[str, Program]:
    """Return the programs as soon as they are as wanted."""
    deadline = time.monotonic() + seconds
    while not wanted(programs := supervisor.programs()):
        assert time.monotonic() < deadline, programs
        time.sleep(0.05)
    return programs


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """Return one that is not running yet; whatever it starts is gone after the test."""
    state = State(tmp_path / "state")
    state.create()
    supervisor = Supervisor(state)
    yield supervisor
    supervisor.shutdown()
    assert marked(state) == []


def test_programs_run_under_it_with_the_mark_of_the_stack(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.launch(conf(tmp_path, one=SLEEP), {})
    program = until(supervisor, lambda all_: all_["one"].state == "RUNNING")["one"]
    assert program.pid in {each.pid for each in marked(supervisor.state)}
    assert os.getsid(program.pid) != os.getsid(0)


def test_a_process_file_that_it_cannot_read_is_told_with_its_own_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(StackFailed, match="supervisord does not start") as caught:
        supervisor.launch(conf(tmp_path, one="%(ENV_NOWHERE)s"), {})
    assert "ENV_NOWHERE" in str(caught.value)
    assert not supervisor.is_running()


def test_an_update_touches_only_what_changed_in_the_process_file(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.launch(conf(tmp_path, kept=SLEEP, changed=SLEEP, removed=SLEEP), {})
    before = until(supervisor, lambda all_: all(each.pid for each in all_.values()))
    conf(tmp_path, kept=SLEEP, changed="sleep 500", added=SLEEP)
    assert supervisor.update() == {"changed", "added"}
    after = until(supervisor, lambda all_: all(each.pid for each in all_.values()))
    assert set(after) == {"kept", "changed", "added"}
    assert after["kept"].pid == before["kept"].pid
    assert not is_alive(before["removed"].pid)
    assert not is_alive(before["changed"].pid)


def test_a_stopped_program_stays_stopped_until_it_is_started(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.launch(conf(tmp_path, one=SLEEP), {})
    until(supervisor, lambda all_: all_["one"].state == "RUNNING")
    supervisor.stop("one")
    supervisor.stop("one")
    assert supervisor.programs()["one"].state == "STOPPED"
    supervisor.start("one")
    supervisor.start("one")
    assert supervisor.programs()["one"].state == "RUNNING"


def test_a_program_that_dies_is_named_with_its_last_lines_and_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.launch(conf(tmp_path, good=SLEEP, bad="sh -c 'echo my hovercraft; exit 3'"), {})
    until(supervisor, lambda all_: all_["bad"].state == "FATAL")
    check = watching(supervisor, ["good", "bad"])
    with pytest.raises(StackFailed) as caught:
        check()
    assert str(caught.value).splitlines() == [
        "bad does not stay up; its last lines:",
        "  my hovercraft",
        "  my hovercraft",
        f"the whole log: {supervisor.state.log('bad')}",
    ]
    watching(supervisor, ["good"])()


def test_a_program_that_cannot_be_started_is_told_with_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.launch(conf(tmp_path, bad="sh -c 'echo no engine; exit 1'"), {})
    until(supervisor, lambda all_: all_["bad"].state == "FATAL")
    with pytest.raises(StackFailed, match=r"bad does not start; its last lines:\n  no engine"):
        supervisor.start("bad")


def test_after_a_shutdown_nothing_runs_and_another_one_is_harmless(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    runaway = "setsid --wait sh -c 'sleep 600 & sleep 601'"
    supervisor.launch(conf(tmp_path, plain=SLEEP, runaway=runaway), {})
    until(supervisor, lambda all_: all(each.state == "RUNNING" for each in all_.values()))
    supervisor.shutdown()
    assert marked(supervisor.state) == []
    assert not supervisor.is_running()
    supervisor.shutdown()


def test_what_a_killed_supervisord_leaves_is_ended_too(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.launch(conf(tmp_path, one=SLEEP, two="sh -c 'trap \"\" TERM; sleep 600; sleep 600'"), {})
    programs = until(supervisor, lambda all_: all(each.state == "RUNNING" for each in all_.values()))
    pid = int((supervisor.state.folder / "supervisord.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_alive(programs["one"].pid)
    with pytest.raises(Unreachable):
        supervisor.programs()
    with pytest.raises(StackFailed, match="supervisord has ended"):
        watching(supervisor, ["one"])()
    supervisor.shutdown()
    assert marked(supervisor.state) == []
