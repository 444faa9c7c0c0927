"""The exchange of several volumes, killed before each of its steps: the next command finds the old data or finishes the new."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.failing_syncs import fail_for_folders
from watchkeeper.stack.compose.volume_exchange import (
    discard,
    exchange_volumes,
    finish_exchange,
    is_interrupted,
    new_place,
)
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State

NAMES = ("prometheus", "alertmanager", "grafana")
_STEPS = ((Path, "rename"), (Path, "replace"), (Path, "unlink"), (shutil, "rmtree"))


def killed_before(step: int, state: State, folders: list[Path]) -> int:
    """Exchange in a process that ends, as by kill -9, before its rename or removal of this number; return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        left = itertools.count(step, -1)
        for owner, name in _STEPS:
            setattr(owner, name, _mortal(getattr(owner, name), left))
        exchange_volumes(state, folders)
        os._exit(0)
    finally:
        os._exit(1)


def _mortal(step: Callable[..., Any], left: Iterator[int]) -> Callable[..., Any]:
    def call(*words: Any, **options: Any) -> Any:
        if next(left) == 0:
            os._exit(9)
        return step(*words, **options)

    return call


def volumes_in(root: Path) -> tuple[State, list[Path]]:
    """Return a state and volumes with old data, whose new data waits beside it."""
    shutil.rmtree(root, ignore_errors=True)
    folders = [root / "volumes" / name / "_data" for name in NAMES]
    for folder in folders:
        for place, text in ((folder, "old"), (new_place(folder), "new")):
            place.mkdir(parents=True)
            (place / "data").write_text(text)
    (root / "state").mkdir()
    return State(root / "state"), folders


def found(folders: list[Path]) -> list[str]:
    return [(folder / "data").read_text() for folder in folders]


@pytest.mark.parametrize("refused", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_sync_folders_takes_the_volumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    state, folders = volumes_in(tmp_path / "v")
    fail_for_folders(monkeypatch, refused)
    exchange_volumes(state, folders)
    assert (found(folders), is_interrupted(state)) == (["new"] * len(NAMES), False)


def test_a_kill_before_any_step_leaves_the_old_volumes_or_is_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = []
    for step in range(40):
        state, folders = volumes_in(tmp_path / "a")
        code = killed_before(step, state, folders)
        interrupted = is_interrupted(state)
        finish_exchange(state, Progress(), running=False)
        assert ("finished the restore that was interrupted" in capsys.readouterr().err) is interrupted
        now = found(folders)
        assert now in (["old"] * 3, ["new"] * 3), step
        outcomes.append((code, now[0]))
        assert not is_interrupted(state)
        if now[0] == "new":
            assert [each.name for each in tmp_path.glob("a/volumes/*/*")] == ["_data"] * 3
        if code == 0:
            break
    assert outcomes[0] == (9, "old")
    assert outcomes[-1] == (0, "new")
    assert outcomes.count((9, "new")) >= 8


def test_what_was_not_begun_is_discarded(tmp_path: Path) -> None:
    _, folders = volumes_in(tmp_path / "a")
    for folder in folders:
        discard(folder)
    assert [each.name for each in tmp_path.glob("a/volumes/*/*")] == ["_data"] * 3


def half_done(root: Path) -> tuple[State, list[Path]]:
    """Return volumes of which the first is exchanged, and the second is between its two renames."""
    state, folders = volumes_in(root)
    assert killed_before(6, state, folders) == 9
    assert (is_interrupted(state), folders[1].exists()) == (True, False)
    return state, folders


def test_containers_that_run_on_half_of_it_are_stopped_first(tmp_path: Path) -> None:
    state, folders = half_done(tmp_path / "a")
    with pytest.raises(StackError, match="containers run on a part of it: run `watchkeeper down`"):
        finish_exchange(state, Progress(), running=True)
    assert is_interrupted(state)
    finish_exchange(state, Progress(), running=False)
    assert found(folders) == ["new"] * 3


def test_volumes_that_were_deleted_meanwhile_are_done(tmp_path: Path) -> None:
    state, folders = half_done(tmp_path / "a")
    for folder in folders:
        shutil.rmtree(folder.parent)
    finish_exchange(state, Progress(), running=False)
    assert not is_interrupted(state)


def test_deleting_the_state_keeps_the_journal_of_volumes_that_are_still_there(tmp_path: Path) -> None:
    state, folders = half_done(tmp_path / "a")
    state.remove()
    finish_exchange(state, Progress(), running=False)
    assert found(folders) == ["new"] * 3


def test_an_unreadable_journal_is_told(tmp_path: Path) -> None:
    state, folders = volumes_in(tmp_path / "a")
    exchange_volumes(state, folders)
    (state.folder / "restore-journal.json").write_text("{")
    with pytest.raises(StackError, match=r"restore-journal\.json cannot be read"):
        finish_exchange(state, Progress(), running=False)
