"""Installing and preparing the local Sentry server: what fails is one line, and what was half done is not used."""

from __future__ import annotations

import stat
import sys
from functools import partial
from pathlib import Path

import pytest

from watchkeeper.stack.progress import Progress
from watchkeeper.stack.sentry import bugsink_programs as installing
from watchkeeper.stack.sentry.bugsink_data import Project, manage, prepare
from watchkeeper.stack.sentry.bugsink_programs import bugsink_programs
from watchkeeper.stack.stack_error import StackError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATCHKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("WATCHKEEPER_BUGSINK", raising=False)
    return tmp_path / "cache"


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_package_index_that_refuses_is_one_line(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As the package index would, the interpreter that makes the environment fails.
    program(cache, "python", "echo 'no matching distribution' >&2; exit 1")
    monkeypatch.setattr(sys, "executable", str(cache / "python"))
    with pytest.raises(StackError) as raised:
        bugsink_programs(Progress())
    assert str(raised.value).startswith("Bugsink cannot be installed: no matching distribution; ")
    assert "\n" not in str(raised.value)


def test_what_an_interrupted_install_left_is_removed_first(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, ...]] = []
    found = installing._folder()
    program(found / "bin", "gunicorn", "exit 1")

    def run(*command: str) -> None:
        assert not (found / "bin" / "gunicorn").exists()
        ran.append(command)
        found.mkdir(exist_ok=True)

    monkeypatch.setattr(installing, "_run", run)
    assert bugsink_programs(Progress()) == found / "bin"
    assert bugsink_programs(Progress()) == found / "bin"
    assert len(ran) == 2


def test_a_named_environment_without_the_server_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHKEEPER_BUGSINK", str(tmp_path))
    with pytest.raises(StackError, match=r"WATCHKEEPER_BUGSINK is .*bugsink-manage is missing"):
        bugsink_programs(Progress())


def test_data_are_prepared_once_and_follow_the_port(tmp_path: Path) -> None:
    programs, folder = tmp_path / "bin", tmp_path / "data"
    program(programs, "bugsink-manage", 'echo "$1" >> runs; [ "$1" = shell ] && echo "key 1 abc"; exit 0')
    run = partial(manage, folder, programs)
    project = prepare(folder, run, port=9191, project="shop")
    assert project.dsn("127.0.0.1", 9191) == "http://abc@127.0.0.1:9191/1"
    password = (folder / "password").read_text()
    assert prepare(folder, run, port=9292, project="shop") == Project("1", "abc") == project
    assert "127.0.0.1:9292" in (folder / "bugsink_conf.py").read_text()
    assert (folder / "runs").read_text().split() == ["migrate", "shell"]
    assert (folder / "password").read_text() == password
    assert len(password) >= 16
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'no space left' >&2; exit 1", "no space left; remove the folder to begin anew"),
        ("exit 1", "no message"),
        ("exit 0", "it names no project"),
    ],
)
def test_data_that_cannot_be_prepared_are_one_line(tmp_path: Path, script: str, said: str) -> None:
    programs = tmp_path / "bin"
    program(programs, "bugsink-manage", script)
    with pytest.raises(StackError, match=said):
        prepare(tmp_path / "data", partial(manage, tmp_path / "data", programs), port=9191, project="shop")
    assert not (tmp_path / "data" / "ready").exists()


def test_quotes_in_the_name_of_a_project_are_text(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    program(programs, "bugsink-manage", '[ "$1" = shell ] && cat > seed && echo "key 1 abc"; exit 0')
    run = partial(manage, tmp_path / "data", programs)
    prepare(tmp_path / "data", run, port=9191, project="""a"b'c\\d""")
    compile((tmp_path / "data" / "seed").read_text(), "seed", "exec")
