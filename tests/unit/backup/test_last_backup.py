"""How Prometheus knows the last backup: a rule file beside the rendered ones, where the spec asks for backups."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.loading import load_plan
from tests.unit.backup.made_backups import SPEC, back_up, restore, spec_in, stack_in
from watchkeeper import naming
from watchkeeper.backup.archive import read_manifest
from watchkeeper.backup.last_backup import last_backup, publish_last_backup, remember
from watchkeeper.pipeline import render_files
from watchkeeper.publish import publish
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.state import State

DAILY = f"{SPEC}stack: {{backup_every: 1d}}\n"


def daily_stack(folder: Path) -> tuple[Path, State]:
    """Return a rendered spec that asks for a backup each day, and a stack with data."""
    _, state = stack_in(folder)
    spec = spec_in(folder, DAILY)
    publish(render_files(load_plan(spec)), folder)
    return spec, state


def known_time(folder: Path) -> int:
    """Return the time that Prometheus records."""
    text = (folder / naming.LAST_BACKUP / "last_backup.yml").read_text()
    ((rule,),) = (group["rules"] for group in yaml.safe_load(text)["groups"])
    assert rule["record"] == naming.LAST_BACKUP_TIME
    return int(rule["expr"].removeprefix("vector(").removesuffix(")"))


def test_a_backup_writes_its_time_where_prometheus_reads_it_and_git_does_not(tmp_path: Path) -> None:
    spec, state = daily_stack(tmp_path)
    made = back_up(spec, state, tmp_path / "b.tar")
    assert known_time(tmp_path) == int(made.manifest.made_at)
    assert (tmp_path / naming.LAST_BACKUP / "last_backup.yml").stat().st_mode & 0o777 == 0o644
    # A render leaves it alone; without the key it is no longer read, and still not in Git.
    assert publish(render_files(load_plan(spec)), tmp_path).written == ()
    publish(render_files(load_plan(spec_in(tmp_path))), tmp_path)
    assert known_time(tmp_path) == int(made.manifest.made_at)
    assert (tmp_path / naming.LAST_BACKUP / ".gitignore").is_file()


def test_a_spec_without_the_key_gets_no_file(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    publish(render_files(load_plan(spec)), tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    assert not (tmp_path / naming.LAST_BACKUP).exists()


def test_a_restored_backup_is_the_last_one_where_no_newer_is_known(tmp_path: Path) -> None:
    spec, state = daily_stack(tmp_path)
    made = back_up(spec, state, tmp_path / "b.tar").manifest.made_at
    found = last_backup(state)
    assert found is not None
    other = tmp_path / "other"
    there, fresh = daily_stack(other)
    restore(tmp_path / "b.tar", there, fresh, replace=True)
    assert (last_backup(fresh), known_time(other)) == (found, int(made))
    newer = replace(found, time=made + 60)
    remember(fresh, newer)
    restore(tmp_path / "b.tar", there, fresh, replace=True)
    assert (last_backup(fresh), known_time(other)) == (newer, int(made) + 60)


@pytest.mark.parametrize("time", ["NaN", "Infinity", "1e400", '"soon"'])
def test_a_time_that_is_none_is_no_backup(tmp_path: Path, time: str) -> None:
    spec, state = daily_stack(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    (state.folder / "last-backup.json").write_text(f'{{"time": {time}, "path": "b", "size": 1}}')
    assert last_backup(state) is None
    publish_last_backup(state, tmp_path)


def test_a_file_that_cannot_be_written_is_told_with_the_backup_that_was_made(tmp_path: Path) -> None:
    spec, state = daily_stack(tmp_path)
    (tmp_path / naming.LAST_BACKUP / "last_backup.yml" / "taken").mkdir(parents=True)
    with pytest.raises(
        StackFailed, match=r"b\.tar was made, but BackupOverdue will not know it: .*directory"
    ):
        back_up(spec, state, tmp_path / "b.tar")
    assert read_manifest(tmp_path / "b.tar").stack.services == ("shop",)
