"""Disks and shares that are not as usual: full, linked from elsewhere, or unable to sync a folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.unit.backup.made_backups import back_up, contents, restore, stack_in
from tests.unit.failing_syncs import fail_for_folders
from watchkeeper.backup.archive import read_archive
from watchkeeper.backup.data_places import native_places
from watchkeeper.backup.exchange import exchange
from watchkeeper.backup.make_backup import _copied
from watchkeeper.stack.stack_error import StackError, StackFailed


def test_data_on_another_disk_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, state = stack_in(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    metrics, disk = state.folder / "data" / "prometheus", tmp_path / "disk"
    metrics.rename(disk)
    metrics.symlink_to(disk)
    before = contents(disk)
    with pytest.raises(StackError, match="data/prometheus is a link or a mount, and restored data would be"):
        restore(tmp_path / "b.tar", spec, state, replace=True)
    assert contents(disk) == before
    metrics.unlink()
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "jaeger")
    with pytest.raises(StackError, match="data/jaeger is a link or a mount"):
        restore(tmp_path / "b.tar", spec, state, replace=True)


def test_blocks_that_cannot_be_linked_count_as_copies(tmp_path: Path) -> None:
    _, state = stack_in(tmp_path)
    places = native_places(state, None)
    assert [each.name for each in _copied(places, tmp_path)][:2] == ["wal", "wbl"]
    assert [each.name for each in _copied(places, Path("/proc"))][:1] == ["prometheus"]


def test_a_share_that_cannot_sync_folders_takes_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, state = stack_in(tmp_path)
    fail_for_folders(monkeypatch, errno.EINVAL)
    made = back_up(spec, state, tmp_path / "b.tar")
    assert read_archive(tmp_path / "b.tar") == made.manifest
    fail_for_folders(monkeypatch, errno.EIO)
    with pytest.raises(StackFailed, match="the backup was not made"):
        back_up(spec, state, tmp_path / "b.tar")


def test_an_exchange_that_is_done_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fresh", "place"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    fail_for_folders(monkeypatch, errno.EIO)
    exchange(tmp_path / "fresh", tmp_path / "place")
    assert contents(tmp_path / "place") == {"fresh": b""}


def test_a_disk_that_the_copies_would_fill_is_left_to_the_running_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, state = stack_in(tmp_path)
    log = state.folder / "data" / "prometheus" / "wal" / "00000000"
    log.parent.mkdir()
    log.write_bytes(b"\1\0\0" + b"a" * 20_000_000)
    copied = []
    monkeypatch.setattr("watchkeeper.backup.make_backup.copy_tsdb", lambda *_: copied.append(True))
    monkeypatch.setattr("watchkeeper.backup.space.free_bytes", lambda _: 70_000_000)
    with pytest.raises(StackError, match=r"has 70\.0 MB free and 87\.5 MB are needed: free some space"):
        back_up(spec, state, tmp_path / "b.tar")
    assert not copied
    assert not list(state.folder.glob("*.wk-tmp"))


def test_a_disk_without_modes_and_a_share_that_changes_owners_take_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, state = stack_in(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no modes here")

    user = os.geteuid()
    monkeypatch.setattr("os.fchmod", refuse)
    monkeypatch.setattr("os.geteuid", lambda: user + 1)
    made = back_up(spec, state, tmp_path / "b.tar")
    assert read_archive(tmp_path / "b.tar") == made.manifest
    # What was there before, and is another user's, is left alone.
    (tmp_path / "c.tar.wk-tmp").write_text("theirs")
    with pytest.raises(StackFailed, match="is not ours"):
        back_up(spec, state, tmp_path / "c.tar")
    assert (tmp_path / "c.tar.wk-tmp").read_text() == "theirs"
