"""A backup and its restore: what is refused, and what a crash or a full disk leaves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace as changed
from pathlib import Path

import pytest

from tests.unit.backup.made_backups import BLOCK, SPEC, back_up, contents, restore, spec_in, stack_in
from watchkeeper.backup.archive import read_archive, read_manifest, write_archive
from watchkeeper.backup.backup_manifest import Manifest
from watchkeeper.backup.last_backup import last_backup, remember
from watchkeeper.backup.restore_backup import downgrades
from watchkeeper.cli import main
from watchkeeper.cli.text.backup_text import last_backup_line
from watchkeeper.model.duration import Duration
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.state_lock import locked


def test_everything_returns_and_the_state_folder_remembers_the_backup(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    before = contents(state.folder / "data")
    made = back_up(spec, state, tmp_path / "b.tar")
    kept = last_backup(state)
    assert kept is not None
    assert (kept.path, kept.size) == (str(tmp_path / "b.tar"), made.size)
    state.remove()
    assert last_backup(state) == kept
    restored = restore(tmp_path / "b.tar", spec, state)
    assert contents(state.folder / "data") == before
    assert (restored.replaced, restored.remarks) == (False, ())
    assert not list(state.folder.glob("*.wk-tmp"))


def test_a_backup_contains_the_spec_with_what_it_includes(tmp_path: Path) -> None:
    _, state = stack_in(tmp_path)
    spec = spec_in(tmp_path, "version: watchkeeper/v1\ninclude: [teams/*.yml]\n")
    (spec.parent / "teams").mkdir()
    (spec.parent / "teams" / "shop.yml").write_text(SPEC.replace("version: watchkeeper/v1\n", ""))
    made = back_up(spec, state, tmp_path / "b.tar")
    assert [each.path for each in made.manifest.files if each.part == "spec"] == [
        "spec/1-shop.yml",
        "spec/SLO_DEFINITIONS.yml",
    ]


def test_a_target_inside_the_stack_or_that_is_no_file_is_refused(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    (tmp_path / "link").symlink_to(state.folder / "data")
    (tmp_path / "pipe").symlink_to("/dev/null")
    for out, reason in {
        state.folder / "data" / "b.tar": "inside the stack's own folder",
        tmp_path / "link" / "b.tar": "inside the stack's own folder",
        tmp_path / "pipe": "is not a plain file",
        tmp_path: "is not a plain file",
        tmp_path / "none" / "b.tar": "does not exist: create it",
        Path("~nobody-has-this-name/b.tar"): "is no usable path",
    }.items():
        with pytest.raises(StackError, match=reason):
            back_up(spec, state, out)
    assert last_backup(state) is None


def test_data_that_is_there_stays_without_replace_and_goes_with_it(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    before = contents(state.folder / "data")
    (state.folder / "data" / "prometheus" / "new").write_text("newer")
    with pytest.raises(StackError, match="has data: --replace replaces it, and nothing is merged"):
        restore(tmp_path / "b.tar", spec, state)
    assert (state.folder / "data" / "prometheus" / "new").exists()
    assert restore(tmp_path / "b.tar", spec, state, replace=True).replaced
    assert contents(state.folder / "data") == before


def test_after_a_restore_the_stack_that_has_the_data_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, state = stack_in(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    # Where Docker runs, a plain `up` would start containers without the data, which notify everybody again.
    for caller, line in (("", "watchkeeper up --mode native"), ("make", 'make up ARGS="--mode native"')):
        monkeypatch.setenv("WATCHKEEPER_CALLED_BY", caller)
        state.remove()
        assert main(["restore", str(tmp_path / "b.tar"), str(spec), "--state", str(state.folder)]) == 0
        assert f"Start it with {line}\n" in capsys.readouterr().out


def test_a_dry_run_reads_all_and_writes_nothing(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    elsewhere = State(tmp_path / "other")
    restore(tmp_path / "b.tar", spec, elsewhere, dry_run=True)
    assert not elsewhere.folder.exists()


def test_the_backup_of_another_stack_is_refused(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    state.remove()
    for text, ours in {
        SPEC.replace("shop", "bank"): "the spec is of bank in production",
        SPEC + "stack: {environment: staging}\n": "the spec is of shop in staging",
        SPEC + "stack: {cluster: eu}\n": "the spec is of shop in production, cluster eu",
    }.items():
        with pytest.raises(StackError, match=f"the backup is of shop in production, and {ours}"):
            restore(tmp_path / "b.tar", spec_in(tmp_path, text), state)


def test_a_changed_spec_of_the_same_stack_is_told(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    state.remove()
    restored = restore(tmp_path / "b.tar", spec_in(tmp_path, SPEC + "# new\n"), state)
    assert [line.partition(",")[0] for line in restored.remarks] == ["the spec has changed since the backup"]


def test_data_of_newer_programs_is_refused(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    old = back_up(spec, state, tmp_path / "b.tar").manifest
    newer = changed(old, versions={"prometheus": "3.99.1", "alertmanager": "0.1.0", "jaeger": "nonsense"})
    rewrite(tmp_path / "b.tar", newer, state)
    with pytest.raises(StackError, match=r"Prometheus 3\.99\.1 wrote the data, and an older version") as told:
        restore(tmp_path / "b.tar", spec, state, replace=True)
    assert "Alertmanager" not in str(told.value)
    assert not list(downgrades(newer, {"prometheus": "3.99.1"}))


def rewrite(path: Path, manifest: Manifest, state: State) -> None:
    """Write the backup again, as another version of the programs would."""
    data = state.folder / "data"
    sources = {each.path: data / each.path for each in manifest.files}
    spec = data.parent.parent / "monitoring"
    sources |= {each.path: spec / Path(each.path).name for each in manifest.files if each.part == "spec"}
    with path.open("wb") as stream:
        write_archive(stream, manifest, sources)


def test_a_backup_of_containers_is_restored_into_processes_where_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, state = stack_in(tmp_path)
    before = contents(state.folder / "data")
    made = back_up(spec, state, tmp_path / "b.tar").manifest
    rewrite(tmp_path / "c.tar", changed(made, mode="compose"), state)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    words = ["restore", str(tmp_path / "c.tar"), str(spec), "--state", str(tmp_path / "other")]
    with pytest.raises(
        StackError, match="is of containers, and no Docker engine answers: start it, or restore"
    ):
        restore(tmp_path / "c.tar", spec, State(tmp_path / "other"))
    assert main([*words, "--mode", "native"]) == 0
    assert contents(tmp_path / "other/data") == before


def test_while_another_command_works_on_the_stack_nothing_is_done(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)
    back_up(spec, state, tmp_path / "b.tar")
    with locked(state):
        for attempt in (
            lambda: back_up(spec, state, tmp_path / "c.tar"),
            lambda: restore(tmp_path / "b.tar", spec, state, replace=True),
        ):
            with pytest.raises(StackError, match="is starting, stopping, backing up or restoring this stack"):
                attempt()


def test_check_says_good_or_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, state = stack_in(tmp_path)
    out = tmp_path / "b.tar"
    assert main(["backup", str(spec), "--state", str(state.folder), "--out", str(out)]) == 0
    assert main(["backup", "--check", str(out)]) == 0
    assert f"{out}: good; shop in production" in capsys.readouterr().out
    out.write_bytes(out.read_bytes()[:-20_000])
    assert main(["backup", "--check", str(out), "--format", "json"]) == 1
    assert "error:" in capsys.readouterr().err
    assert main(["backup", "--check", str(tmp_path / "none")]) == 2


def command(*words: str, limit: int | None = None) -> subprocess.Popen[bytes]:
    """Start a command of ours, which may write files of at most `limit` blocks of 1024 bytes."""
    line = " ".join(f"'{word}'" for word in (sys.executable, "-m", "watchkeeper", *words))
    bounded = f"ulimit -f {limit}; exec {line}" if limit else f"exec {line}"
    return subprocess.Popen(["bash", "-c", bounded], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_disk_that_takes_no_more_leaves_the_old_backup(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path, size=3_000_000)
    out = tmp_path / "b.tar"
    back_up(spec, state, out)
    old = out.read_bytes()
    process = command("backup", str(spec), "--state", str(state.folder), "--out", str(out), limit=1000)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"the backup was not made: " in told
    assert b"Traceback" not in told
    assert out.read_bytes() == old
    assert not list(tmp_path.glob("*.wk-tmp"))


def test_a_disk_that_takes_no_more_leaves_the_old_data(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path, size=3_000_000)
    back_up(spec, state, tmp_path / "b.tar")
    kept = state.folder / "data" / "prometheus" / BLOCK / "meta.json"
    kept.write_text("old")
    process = command(
        "restore", str(tmp_path / "b.tar"), str(spec), "--state", str(state.folder), "--replace", limit=1000
    )
    _, told = process.communicate(timeout=60)
    assert (process.returncode, kept.read_text()) == (1, "old"), told
    assert b"nothing was restored, and the data is as before: " in told


def test_a_backup_that_is_killed_at_any_moment_leaves_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path, size=30_000_000)
    out, words = tmp_path / "b.tar", ("backup", str(spec), "--state", str(state.folder), "--out")
    started = time.monotonic()
    assert command(*words, str(out)).wait(timeout=60) == 0
    whole = time.monotonic() - started
    for _ in range(4):
        before = read_manifest(out).made_at
        kill_after(random.uniform(0.3, 1.0) * whole, command(*words, str(out)))
        assert read_archive(out).made_at >= before
    # What was left is used again and removed.
    assert command(*words, str(out)).wait(timeout=60) == 0
    assert [each.name for each in tmp_path.glob("*.tar*")] == ["b.tar"]
    assert not list(state.folder.glob("*.wk-tmp"))


def test_a_restore_that_is_killed_at_any_moment_leaves_the_old_data_or_the_new(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path, size=30_000_000)
    back_up(spec, state, tmp_path / "b.tar")
    new = tree(state)
    stack_in(tmp_path, size=35_000_000, filling=b"b")
    old = tree(state)
    words = ("restore", str(tmp_path / "b.tar"), str(spec), "--state", str(state.folder), "--replace")
    started = time.monotonic()
    assert command(*words).wait(timeout=60) == 0
    whole = time.monotonic() - started
    found = set()
    for _ in range(4):
        stack_in(tmp_path, size=35_000_000, filling=b"b")
        kill_after(random.uniform(0.3, 1.0) * whole, command(*words))
        found.add(now := tree(state))
        assert now in (old, new)
    restore(tmp_path / "b.tar", spec, state, replace=True)
    assert tree(state) == new
    assert not list(state.folder.glob("*.wk-tmp"))


def tree(state: State) -> tuple[tuple[str, int, bytes], ...]:
    """Return the files of the data with their sizes and beginnings."""
    return tuple((name, len(text), text[:1]) for name, text in contents(state.folder / "data").items())


def kill_after(seconds: float, process: subprocess.Popen[bytes]) -> None:
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)


def test_status_is_loud_about_a_backup_that_is_missing_old_or_gone(tmp_path: Path) -> None:
    spec, state = stack_in(tmp_path)

    def line(every: str | None = None) -> str:
        wanted = Duration.parse(every) if every else None
        return last_backup_line(state, lambda text, colour: f"{colour}: {text}", wanted)

    assert line() == "yellow: Last backup: none; make one with `watchkeeper backup --out FILE`"
    back_up(spec, state, tmp_path / "b.tar")
    assert line().startswith("Last backup: ")
    made = last_backup(state)
    assert made is not None
    remember(state, changed(made, time=made.time - 9 * 86_400))
    assert line().startswith("yellow: Last backup: 9d ago, ")
    # As late as the alert.
    assert line("8d").startswith("yellow: ")
    assert line("9d").startswith("Last backup: 9d ago, ")
    remember(state, made)
    (tmp_path / "b.tar").unlink()
    assert line().endswith("b.tar (the file is gone from there)")
