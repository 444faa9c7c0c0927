"""The writer takes pairs from an iterator, so that each text can be released once its bytes are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchkeeper.publish import publish
from watchkeeper.publish.release import release


def test_released_files_are_written_and_forgotten(tmp_path: Path) -> None:
    files = {"a.txt": "one\n", "b/c.txt": "two\n"}
    result = publish(release(files), tmp_path)
    assert result.written == ("a.txt", "b/c.txt")
    assert (tmp_path / "b/c.txt").read_text() == "two\n"
    assert files == {}


def test_a_text_is_released_before_the_next_one_is_taken(tmp_path: Path) -> None:
    files = {"a.txt": "one\n", "b/c.txt": "two\n"}
    left: list[list[str]] = []

    def watched() -> Iterator[tuple[str, str]]:
        for pair in release(files):
            left.append(sorted(files))
            yield pair

    publish(watched(), tmp_path)
    assert left == [["b/c.txt"], []]
