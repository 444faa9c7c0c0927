"""What is handed over to the writer is written, and let go."""

from __future__ import annotations

from pathlib import Path

from watchkeeper.publish import publish
from watchkeeper.publish.handover import HandedOver


def test_files_that_are_handed_over_are_written_and_forgotten(tmp_path: Path) -> None:
    files = {"a.txt": "one\n", "b/c.txt": "two\n"}
    handed = HandedOver(files)
    assert (len(handed), list(handed), handed["a.txt"]) == (2, ["a.txt", "b/c.txt"], "one\n")
    result = publish(handed, tmp_path)
    assert result.written == ("a.txt", "b/c.txt")
    assert (tmp_path / "b/c.txt").read_text() == "two\n"
    assert files == {}
