"""`diff` tells what `publish` would do, without doing it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from watchkeeper.publish import MANIFEST, Change, diff, publish

FILES = {"monitoring/a.yml": "one\ntwo\n", "monitoring/b.yml": "b\n"}


def kinds(files: dict[str, str], root: Path) -> list[tuple[str, str]]:
    """The changes without their texts."""
    return [(change.path, change.kind) for change in diff(files, root)]


def test_after_a_publish_there_is_no_difference(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    assert diff(FILES, tmp_path) == []


def test_missing_changed_and_orphaned_files_come_sorted(tmp_path: Path) -> None:
    publish({**FILES, "monitoring/z.yml": "z\n"}, tmp_path)
    (tmp_path / "monitoring/a.yml").unlink()
    (tmp_path / "monitoring/b.yml").write_text("edited\n")
    assert kinds({**FILES, "c.yml": "c\n"}, tmp_path) == [
        ("c.yml", "missing"),
        ("monitoring/a.yml", "missing"),
        ("monitoring/b.yml", "changed"),
        ("monitoring/z.yml", "orphaned"),
    ]


def test_a_change_is_a_unified_diff_from_disk_to_render(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    assert diff({**FILES, "monitoring/a.yml": "one\nTWO\n"}, tmp_path) == [
        Change(
            "monitoring/a.yml",
            "changed",
            "--- a/monitoring/a.yml\n+++ b/monitoring/a.yml\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n",
        )
    ]


@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
def test_patch_turns_the_disk_into_the_render(tmp_path: Path) -> None:
    publish({**FILES, "gone.txt": "x\ny"}, tmp_path)
    target = {"monitoring/a.yml": "one\ntwo\nthree", "monitoring/b.yml": "b\x0c\u2028\n", "new/c.txt": "c"}
    text = "".join(change.diff for change in diff(target, tmp_path))
    subprocess.run(["patch", "-p1", "--quiet"], input=text.encode(), cwd=tmp_path, check=True)
    (tmp_path / MANIFEST).unlink()
    found = {str(p.relative_to(tmp_path)): p.read_text() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == target


def test_bytes_that_are_no_utf8_are_shown_escaped(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    (tmp_path / "monitoring/b.yml").write_bytes(b"\xff\n")
    assert "-\\xff\n+b\n" in diff(FILES, tmp_path)[0].diff


def test_looking_writes_nothing_not_even_the_root(tmp_path: Path) -> None:
    assert kinds(FILES, tmp_path / "root") == [(path, "missing") for path in sorted(FILES)]
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_file_in_the_way_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "monitoring").mkdir()
    (tmp_path / "monitoring/b.yml").write_text("mine\n")
    assert kinds(FILES, tmp_path) == [("monitoring/a.yml", "missing"), ("monitoring/b.yml", "changed")]


def test_a_manifest_that_is_wrong_by_itself_is_a_change(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    (tmp_path / MANIFEST).unlink()
    assert kinds(FILES, tmp_path) == [(MANIFEST, "missing")]
    publish(FILES, tmp_path)
    (tmp_path / MANIFEST).write_text('{"files": {"monitoring/long-gone.yml": "00"}}')
    assert kinds(FILES, tmp_path) == [(MANIFEST, "changed")]
    publish(FILES, tmp_path)
    assert diff(FILES, tmp_path) == []


def test_an_empty_render_of_nothing_still_wants_its_manifest(tmp_path: Path) -> None:
    assert kinds({}, tmp_path / "root") == [(MANIFEST, "missing")]
    publish({}, tmp_path / "root")
    assert diff({}, tmp_path / "root") == []
