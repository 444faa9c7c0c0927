"""Copies of Grafana's database while it is written, after a crash, and when it cannot be read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from watchkeeper.backup.live import copy_grafana as module
from watchkeeper.backup.live.copy_grafana import copy_grafana


def grafana_in(folder: Path, *, mode: str = "delete") -> Path:
    """Return a folder with a database of accounts whose sum is 0 between any two transactions."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "grafana.db", isolation_level=None)) as database:
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, money INTEGER, filling BLOB)")
        database.execute("BEGIN")
        database.executemany("INSERT INTO account VALUES (?, 0, zeroblob(300))", [[n] for n in range(2000)])
        database.execute("COMMIT")
    return folder


def total(database: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(database)) as connection:
        found: tuple[int, int] = connection.execute("SELECT count(*), sum(money) FROM account").fetchone()
    return found


@contextmanager
def writer(folder: Path) -> Iterator[None]:
    """Move money between accounts all the time."""
    end = threading.Event()

    def work() -> None:
        with closing(sqlite3.connect(folder / "grafana.db", timeout=30, isolation_level=None)) as database:
            turn = 0
            while not end.wait(0.002):
                turn += 1
                database.execute("BEGIN IMMEDIATE")
                database.execute("UPDATE account SET money = money - 1 WHERE id = ?", [turn % 2000])
                database.execute(
                    "UPDATE account SET money = money + 1 WHERE id = ?", [(turn * 7 + 900) % 2000]
                )
                database.execute("COMMIT")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_copy_while_grafana_writes_is_between_two_transactions(tmp_path: Path, mode: str) -> None:
    data = grafana_in(tmp_path / "data", mode=mode)
    with writer(data):
        for turn in range(4):
            assert copy_grafana(data, tmp_path / str(turn), running=True) == ""
            assert [each.name for each in (tmp_path / str(turn)).iterdir()] == ["grafana.db"]
            assert total(tmp_path / str(turn) / "grafana.db") == (2000, 0)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_copy_after_a_crash_has_what_was_committed_and_changes_nothing(tmp_path: Path, mode: str) -> None:
    data = grafana_in(tmp_path / "data", mode=mode)
    # A small cache makes SQLite write into the database before the transaction ends.
    crash = """\
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size=5")
database.execute("BEGIN")
database.execute("UPDATE account SET money = 1, filling = randomblob(300)")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", crash, str(data / "grafana.db")], check=False)
    beside = data / f"grafana.db-{'wal' if mode == 'wal' else 'journal'}"
    assert beside.stat().st_size > 0
    before = (data / "grafana.db").read_bytes()
    assert copy_grafana(data, tmp_path / "copy", running=False) == ""
    assert total(tmp_path / "copy" / "grafana.db") == (2000, 0)
    assert [each.name for each in (tmp_path / "copy").iterdir()] == ["grafana.db"]
    assert (data / "grafana.db").read_bytes() == before


def test_a_stack_without_grafana_has_no_such_part(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert copy_grafana(tmp_path / "data", tmp_path / "copy", running=True) == ""
    assert not (tmp_path / "copy").exists()


def test_a_database_that_is_locked_or_damaged_is_a_note_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.2)
    data = grafana_in(tmp_path / "data")
    with closing(sqlite3.connect(data / "grafana.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert "locked" in copy_grafana(data, tmp_path / "copy", running=True)
    with (data / "grafana.db").open("r+b") as stream:
        stream.seek(4096)
        stream.write(os.urandom(40_000))
    for running in (True, False):
        note = copy_grafana(data, tmp_path / "copy", running=running)
        assert note.startswith("Grafana's users and preferences are not in the backup: ")
        assert not (tmp_path / "copy").exists()
    shutil.rmtree(data)
