"""Copies of data that changes while it is copied."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from watchkeeper.backup.live import place_file
from watchkeeper.backup.live.copy_alertmanager import copy_alertmanager
from watchkeeper.backup.live.copy_badger import copy_badger
from watchkeeper.backup.live.copy_tsdb import copy_tsdb
from watchkeeper.backup.live.place_file import Moving, copy_written
from watchkeeper.backup.live.whole_records import end_of_whole_records

PAGE = 32 * 1024
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def fragment(kind: int, size: int) -> bytes:
    return bytes([kind]) + size.to_bytes(2, "big") + b"csum" + b"x" * size


def test_a_record_that_is_being_written_is_cut_off_and_a_complete_one_is_not() -> None:
    whole = fragment(FULL, 100) + fragment(FULL, 0)
    assert end_of_whole_records(whole) == len(whole)
    for missing in range(1, 107):
        assert end_of_whole_records(whole + fragment(FULL, 100)[:-missing]) == len(whole)
    # A record of several fragments counts from its last one on, across pages.
    first = fragment(FIRST, PAGE - len(whole) - 7)
    assert len(whole + first) == PAGE
    assert end_of_whole_records(whole + first) == len(whole)
    assert end_of_whole_records(whole + first + fragment(MIDDLE, PAGE - 7)) == len(whole)
    full = whole + first + fragment(LAST, 10)
    assert end_of_whole_records(full) == len(full)
    # The rest of a page may be empty; compressed records have further bits.
    padded = fragment(FULL, 100).ljust(PAGE, b"\0") + fragment(FULL | 0b1000, 10)
    assert end_of_whole_records(padded) == len(padded)
    assert end_of_whole_records(padded[:PAGE] + b"\0" * 4) == 107
    assert end_of_whole_records(b"") == 0


def test_reserved_space_is_not_copied(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as stream:
        stream.write(b"entry")
        stream.truncate(1 << 31)
    copy_written(tmp_path / "log", tmp_path / "copy")
    content = (tmp_path / "copy").read_bytes()
    assert content.rstrip(b"\0") == b"entry"
    assert len(content) <= 1 << 16


def ulid(number: int) -> str:
    return f"01JD{number:022d}"


class Busy:
    """Files that change as those of a running Prometheus: a sample is in the log until a block has it.

    Sample n is the file n of a block, or the record of segment n.
    """

    def __init__(self, data: Path) -> None:
        self.data, self.next, self.block = data, 0, 0
        (data / "wal").mkdir(parents=True)

    def turn(self) -> None:
        for _ in range(3):
            (self.data / "wal" / f"{self.next:08d}").write_bytes(fragment(FULL, 10))
            self.next += 1
        segments = sorted(each for each in (self.data / "wal").iterdir() if each.name.isdigit())
        self.write_block([each.name for each in segments[:2]])
        checkpoint = self.data / "wal" / f"checkpoint.{segments[1].name}"
        temporary = checkpoint.with_name(checkpoint.name + ".tmp")
        temporary.mkdir()
        (temporary / "00000000").write_bytes(fragment(FULL, 1))
        temporary.rename(checkpoint)
        for each in segments[:2]:
            each.unlink()
        for old in (self.data / "wal").glob("checkpoint.*"):
            if old != checkpoint:
                shutil.rmtree(old)
        blocks = sorted(self.data.glob("01JD*"))
        if len(blocks) > 3:
            self.write_block([name.name for block in blocks[:3] for name in block.iterdir()])
            for block in blocks[:3]:
                gone = block.with_name(block.name + ".tmp-for-deletion")
                block.rename(gone)
                shutil.rmtree(gone)

    def write_block(self, names: list[str]) -> None:
        temporary = self.data / f"{ulid(self.block)}.tmp-for-creation"
        temporary.mkdir()
        for name in names:
            (temporary / name).write_text(name)
        temporary.rename(self.data / ulid(self.block))
        self.block += 1


@contextmanager
def changing(module: str, at: set[int], step: Callable[[], None]) -> Iterator[None]:
    """Run a step after each placed file whose number is in `at`, so that every moment of a copy can be met."""
    count = itertools.count()

    def then(place: Callable[[Path, Path], None], source: Path, target: Path) -> None:
        place(source, target)
        if next(count) in at:
            step()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("link_or_copy", "copy_written"):
            real = getattr(place_file, name)
            patch.setattr(f"watchkeeper.backup.live.{module}.{name}", partial(then, real))
        yield


def samples(copy: Path) -> set[int]:
    names = [each.name for each in (copy / "wal").iterdir() if each.name.isdigit()]
    return {int(name) for name in (*names, *(each.name for each in copy.glob("01JD*/*")))}


def test_no_sample_is_lost_while_blocks_are_written_and_the_log_is_cut(tmp_path: Path) -> None:
    busy = Busy(tmp_path / "data")
    for _ in range(4):
        busy.turn()
    for first in range(12):
        known = busy.next
        with changing("copy_tsdb", {first, first + 5, first + 14}, busy.turn):
            copy_tsdb(tmp_path / "data", tmp_path / f"copy{first}")
        found = samples(tmp_path / f"copy{first}")
        assert busy.next > known
        assert found >= set(range(known))
        assert found == set(range(len(found)))
        assert not list((tmp_path / f"copy{first}").glob("*.partial"))
    with (
        changing("copy_tsdb", set(range(1000)), busy.turn),
        pytest.raises(Moving, match="segments of its wal 8 times"),
    ):
        copy_tsdb(tmp_path / "data", tmp_path / "hurry")


def test_a_checkpoint_is_copied_with_the_segments_after_it_only(tmp_path: Path) -> None:
    wal = tmp_path / "data" / "wal"
    for name in ("checkpoint.00000002", "checkpoint.00000007", "checkpoint.00000009.tmp"):
        (wal / name).mkdir(parents=True)
        (wal / name / "00000000").write_bytes(fragment(FULL, 3))
    for number in range(6, 10):
        (wal / f"{number:08d}").write_bytes(fragment(FULL, number))
    (tmp_path / "data" / "chunks_head").mkdir()
    (tmp_path / "data" / "chunks_head" / "000001").write_bytes(b"chunk")
    (tmp_path / "data" / "lock").touch()
    copy_tsdb(tmp_path / "data", tmp_path / "copy")
    assert sorted(
        each.relative_to(tmp_path / "copy").as_posix() for each in (tmp_path / "copy").rglob("*")
    ) == [
        "wal",
        "wal/00000008",
        "wal/00000009",
        "wal/checkpoint.00000007",
        "wal/checkpoint.00000007/00000000",
    ]
    # The copy is another file: Prometheus goes on writing to the first one.
    with (wal / "00000009").open("ab") as stream:
        stream.write(fragment(FULL, 5))
    assert (tmp_path / "copy" / "wal" / "00000009").read_bytes() == fragment(FULL, 9)


def badger(keys: Path, generation: int) -> None:
    """Replace all tables, as a compaction does: new tables, then the manifest, then the old ones go."""
    (keys / f"{generation:06d}.sst").write_text(str(generation))
    (keys / "fresh").write_text(f"{generation:09d}")
    (keys / "fresh").rename(keys / "MANIFEST")
    for each in keys.glob("*.sst"):
        if int(each.stem) < generation:
            each.unlink()


def test_the_tables_are_those_of_the_manifest(tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    keys.mkdir(parents=True)
    (tmp_path / "data" / "values").mkdir()
    (keys / "LOCK").touch()
    turns = itertools.count(1)

    def compact() -> None:
        badger(keys, next(turns))

    compact()
    for first in range(4):
        with changing("copy_badger", {first, first + 2}, compact):
            copy_badger(tmp_path / "data", tmp_path / f"copy{first}")
        copied = tmp_path / f"copy{first}" / "keys"
        assert (copied / f"{int((copied / 'MANIFEST').read_text()):06d}.sst").exists()
        assert not (copied / "LOCK").exists()
    with (
        changing("copy_badger", set(range(1000)), compact),
        pytest.raises(Moving, match="its tables 8 times"),
    ):
        copy_badger(tmp_path / "data", tmp_path / "hurry")


def test_a_store_without_a_span_is_an_empty_copy(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    copy_badger(tmp_path / "data", tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_the_copy_waits_for_files_that_are_newer_than_the_backup(tmp_path: Path) -> None:
    data, waits = tmp_path / "data", 0
    data.mkdir()
    for name in ("silences", "nflog"):
        (data / name).write_text("old")
        os.utime(data / name, (1, 1))

    def waiting() -> None:
        nonlocal waits
        waits += 1
        (data / ("silences" if waits == 1 else "nflog")).write_text("new")

    assert copy_alertmanager(data, tmp_path / "copy", since=time.time() - 1, waiting=waiting) == ""
    assert waits == 2
    assert (tmp_path / "copy" / "nflog").read_text() == "new"


def test_files_that_stay_old_are_copied_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchkeeper.backup.live.copy_alertmanager._PATIENCE_SECONDS", 0.2)
    data = tmp_path / "data"
    data.mkdir()
    note = copy_alertmanager(data, tmp_path / "none", since=time.time(), waiting=lambda: None)
    assert note.startswith("Alertmanager has not written")
    for name in ("silences", "nflog"):
        (data / name).write_text("old")
        os.utime(data / name, (time.time() - 600,) * 2)
    note = copy_alertmanager(data, tmp_path / "copy", since=time.time(), waiting=lambda: None)
    assert note.startswith("silences and notifications are 10 minutes old")
    assert (tmp_path / "copy" / "nflog").read_text() == "old"
    assert copy_alertmanager(data, tmp_path / "stopped", since=None, waiting=lambda: None) == ""
