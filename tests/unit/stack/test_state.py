"""The state folder: found, made for its owner alone, and removed without touching anybody else's files."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State, state_of
from watchkeeper.stack.state_lock import locked


def test_the_state_lies_beside_the_rendered_files_unless_somebody_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHKEEPER_STATE", raising=False)
    assert state_of(tmp_path).folder == tmp_path / ".watchkeeper"
    monkeypatch.setenv("WATCHKEEPER_STATE", str(tmp_path / "variable"))
    assert state_of(tmp_path).folder == tmp_path / "variable"
    assert state_of(tmp_path, chosen=tmp_path / "flag").folder == tmp_path / "flag"


def test_two_names_of_one_folder_are_one_state(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    assert state_of(tmp_path, chosen=tmp_path / "alias") == state_of(tmp_path, chosen=tmp_path / "real")


def test_a_state_is_open_to_its_owner_only_and_hidden_from_git(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.create()
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700
    assert (state.folder / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("length", [80, 91, 92, 93, 100, 107, 200])
def test_the_socket_can_be_bound_however_long_the_folders_name_is(length: int, tmp_path: Path) -> None:
    # Nothing but the length counts: pytest's own folder is too long already.
    with tempfile.TemporaryDirectory(prefix="wk") as short:
        state = State(Path(short, "d" * (length - len(short) - len("//supervisor.sock"))))
        state.create()
        # supervisord binds the name with its pid behind it first.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(bound := f"{state.socket}.4194304")
        Path(bound).unlink()
        assert stat.S_IMODE(state.socket.parent.stat().st_mode) == 0o700
        state.remove()
        assert not state.socket.parent.exists()


def test_the_socket_of_a_shallow_folder_lies_in_it() -> None:
    assert State(Path("/srv/shop/.watchkeeper")).socket == Path("/srv/shop/.watchkeeper/supervisor.sock")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_a_socket_folder_that_somebody_else_prepared_is_refused(tmp_path: Path) -> None:
    state = State(tmp_path / ("deep" * 20) / ("deeper" * 10))
    folder = state.socket.parent
    folder.mkdir(mode=0o700)
    try:
        os.chown(folder, 12345, 12345)
        with pytest.raises(StackError, match="is not private to this user"):
            state.create()
    finally:
        folder.rmdir()


def test_a_path_that_a_process_file_cannot_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="quotes, backslashes or line breaks"):
        State(tmp_path / 'my "stack"').create()
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackError, match=r"state folder .*/file/state cannot be created: Not a directory"):
        State(tmp_path / "file" / "state").create()


def test_removing_a_state_leaves_what_it_did_not_make(tmp_path: Path) -> None:
    state = State(tmp_path / "home")
    state.create()
    (state.folder / "data/prometheus/chunk").write_text("x")
    (state.folder / "thesis.txt").write_text("mine")
    state.remove()
    assert [path.name for path in state.folder.iterdir()] == ["thesis.txt"]


def test_removing_a_state_removes_its_folder_and_is_safe_twice(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.create()
    state.remove()
    assert not state.folder.exists()
    state.remove()


def test_only_one_command_at_a_time_changes_a_stack(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.create()
    refusal = pytest.raises(
        StackError, match=rf"pid {os.getpid()}\) is starting, stopping, backing up or restoring this stack"
    )
    with locked(state), refusal, locked(state):
        pass
    with locked(state):
        pass
