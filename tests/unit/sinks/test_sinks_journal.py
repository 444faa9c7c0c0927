"""The journal keeps everything on disk and a bounded part in memory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from watchkeeper.sinks.delivery import Channel, Delivery
from watchkeeper.sinks.delivery_history import History
from watchkeeper.sinks.journal import Journal


def delivery(received: float, *, channel: Channel = "slack", summary: str = "s") -> Delivery:
    return Delivery(received, channel, "firing", ("A",), "critical", "api", summary, {"text": summary})


def test_each_delivery_is_one_line_and_a_second_journal_appends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "journal.jsonl"
    for received in (1.0, 2.0):
        journal = Journal(path)
        journal.record(delivery(received, summary="two\nlines\u2028"))
        journal.close()
    read = [Delivery.from_mapping(json.loads(line)) for line in path.read_text().splitlines()]
    assert [delivery(1.0, summary="two\nlines\u2028"), delivery(2.0, summary="two\nlines\u2028")] == read
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_is_on_disk_as_soon_as_it_is_recorded(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.record(delivery(1.0))
    assert delivery(1.0).to_json() + "\n" == (tmp_path / "j").read_text()


def test_forgetting_empties_the_memory_and_leaves_the_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.record(delivery(1.0))
    assert (journal.forget(), journal.lines(), journal.forget()) == (1, [], 0)
    assert len((tmp_path / "j").read_text().splitlines()) == 1


def test_a_full_file_moves_aside_and_a_new_one_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(delivery(1.0).to_json()) + 1
    monkeypatch.setattr("watchkeeper.sinks.journal.MAX_FILE_BYTES", 2 * size)
    journal = Journal(tmp_path / "j")
    for received in (1.0, 2.0, 3.0):
        journal.record(delivery(received))
    assert (2 * size, size) == ((tmp_path / "j.1").stat().st_size, (tmp_path / "j").stat().st_size)


def test_a_failing_disk_costs_the_line_but_not_the_delivery(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full to stand in for a full disk")
    (tmp_path / "j").symlink_to(full)
    journal = Journal(tmp_path / "j")
    journal.record(delivery(1.0))
    assert [delivery(1.0).to_json()] == journal.lines()
    assert f"sinks: cannot write {tmp_path / 'j'}: {os.strerror(28)}\n" == capsys.readouterr().err


def test_stamps_increase_even_when_the_clock_stands_still_or_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "j")
    times = iter([1_700_000_000.0, 1_700_000_000.0, 1_600_000_000.0, 1_700_000_009.0])
    monkeypatch.setattr("watchkeeper.sinks.journal.time.time", lambda: next(times))
    stamps = [journal.stamp() for _ in range(4)]
    assert stamps == sorted(set(stamps))
    assert (stamps[0], stamps[3]) == (1_700_000_000.0, 1_700_000_009.0)


def test_lines_are_chosen_by_time_and_channel_oldest_first() -> None:
    history = History()
    for received, channel in ((1.0, "slack"), (2.0, "email"), (3.0, "slack")):
        history.add(channel, received=received, line=f"{channel}{received:g}")  # type: ignore[arg-type]
    assert history.lines(since=2.0, channels=["slack", "email"]) == ["email2", "slack3"]
    assert history.lines(since=0.0, channels=["slack"]) == ["slack1", "slack3"]


def test_memory_is_bounded_in_number() -> None:
    history = History()
    for number in range(1005):
        history.add("slack", received=float(number), line=str(number))
    kept = history.lines(since=0.0, channels=["slack"])
    assert (len(kept), kept[0], kept[-1]) == (1000, "5", "1004")


def test_memory_is_bounded_in_bytes() -> None:
    history = History(max_bytes=100)
    for number in range(5):
        history.add("slack", received=float(number), line=str(number) * 40)
    assert history.lines(since=0.0, channels=["slack"]) == ["3" * 40, "4" * 40]


def test_a_heartbeat_never_pushes_out_a_page() -> None:
    history = History(limit=3)
    history.add("pagerduty", received=0.0, line="page")
    for number in range(1, 9):
        history.add("webhook", received=float(number), line=f"beat{number}")
    assert history.lines(since=0.0, channels=["pagerduty", "webhook"]) == ["page", "beat7", "beat8"]
