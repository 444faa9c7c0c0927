"""The writer's promises, each on a real folder."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from watchkeeper.publish import MANIFEST, PublishRefused, Result, diff, publish

RULES = "monitoring/prometheus/alerts/shop.yml"
COMPOSE = "docker-compose.monitoring.yml"
FILES = {RULES: "groups: []\n", COMPOSE: "services: {}\n"}


def tree(root: Path) -> dict[str, bytes]:
    """Every file below `root` with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def listed(root: Path) -> dict[str, str]:
    """The paths and hashes of the manifest, which must hold nothing else."""
    manifest = json.loads((root / MANIFEST).read_bytes())
    assert list(manifest) == ["files"]
    files: dict[str, str] = manifest["files"]
    return files


def dead_pid() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def test_a_first_publish_writes_every_file_and_the_manifest(tmp_path: Path) -> None:
    root = tmp_path / "new" / "root"
    result = publish(FILES, root)
    assert result == Result(written=(COMPOSE, RULES), deleted=(), unchanged=0, kept=())
    manifest = (root / MANIFEST).read_bytes()
    assert tree(root) == {RULES: b"groups: []\n", COMPOSE: b"services: {}\n", MANIFEST: manifest}
    assert listed(root) == {path: sha256(text.encode()).hexdigest() for path, text in FILES.items()}


def test_the_manifest_is_sorted_and_the_same_for_any_order_of_files(tmp_path: Path) -> None:
    publish(FILES, tmp_path / "a")
    publish(dict(reversed(FILES.items())), tmp_path / "b")
    text = (tmp_path / "a" / MANIFEST).read_text()
    assert text == (tmp_path / "b" / MANIFEST).read_text()
    assert list(json.loads(text)["files"]) == sorted(FILES)


def test_bytes_are_the_utf8_of_the_text_and_nothing_else(tmp_path: Path) -> None:
    publish({"a.txt": "é\r\nb\rc\n\ufeff\x00☃", "empty": ""}, tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\r\nb\rc\n\xef\xbb\xbf\x00\xe2\x98\x83"
    assert (tmp_path / "empty").read_bytes() == b""


def test_unchanged_files_keep_mtime_and_inode_and_so_does_the_manifest(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    for path in (RULES, COMPOSE, MANIFEST):
        os.utime(tmp_path / path, ns=(1, 1))
    before = {path: (tmp_path / path).stat() for path in (RULES, COMPOSE, MANIFEST)}
    assert publish(FILES, tmp_path) == Result((), (), unchanged=2, kept=())
    after = {path: (tmp_path / path).stat() for path in before}
    assert {p: (s.st_ino, s.st_mtime_ns) for p, s in after.items()} == {
        p: (s.st_ino, s.st_mtime_ns) for p, s in before.items()
    }


def test_one_changed_file_leaves_the_others_alone(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    os.utime(tmp_path / COMPOSE, ns=(1, 1))
    result = publish({**FILES, RULES: "groups: [x]\n"}, tmp_path)
    assert result == Result(written=(RULES,), deleted=(), unchanged=1, kept=())
    assert (tmp_path / COMPOSE).stat().st_mtime_ns == 1
    assert (tmp_path / RULES).read_text() == "groups: [x]\n"


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_containers_can_read_what_is_published_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        publish(FILES, tmp_path / "root")
    finally:
        os.umask(before)
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "root").rglob("*") if p.is_file()}
    folders = {p.stat().st_mode & 0o777 for p in (tmp_path / "root", *(tmp_path / "root").rglob("*/"))}
    assert (modes, folders) == ({0o644}, {0o755})


def test_orphans_go_with_the_folders_that_they_leave_empty(tmp_path: Path) -> None:
    old = {f"monitoring/runbooks/{team}/{name}.md": "x" for team in "ab" for name in "pq"}
    publish({**FILES, **old}, tmp_path)
    result = publish(FILES, tmp_path)
    assert result == Result(written=(), deleted=tuple(sorted(old)), unchanged=2, kept=())
    assert not (tmp_path / "monitoring/runbooks").exists()
    assert set(listed(tmp_path)) == set(FILES)


def test_a_folder_with_somebody_elses_file_stays(tmp_path: Path) -> None:
    publish({**FILES, "monitoring/grafana/a.json": "{}"}, tmp_path)
    (tmp_path / "monitoring/grafana/mine.json").write_text("mine")
    publish(FILES, tmp_path)
    assert [path.name for path in (tmp_path / "monitoring/grafana").iterdir()] == ["mine.json"]


def test_an_orphan_edited_by_hand_is_kept_and_reported_until_it_is_deleted(tmp_path: Path) -> None:
    publish({**FILES, "monitoring/old.yml": "ours"}, tmp_path)
    (tmp_path / "monitoring/old.yml").write_text("edited")
    for _ in range(2):
        assert publish(FILES, tmp_path) == Result((), (), unchanged=2, kept=("monitoring/old.yml",))
        assert (tmp_path / "monitoring/old.yml").read_text() == "edited"
        assert [change.kind for change in diff(FILES, tmp_path)] == ["orphaned"]
    (tmp_path / "monitoring/old.yml").unlink()
    assert publish(FILES, tmp_path).kept == ()
    assert set(listed(tmp_path)) == set(FILES)


def test_files_that_are_not_listed_are_never_touched(tmp_path: Path) -> None:
    mine = {"monitoring/SLO_DEFINITIONS.yml": b"mine", "monitoring/prometheus/alerts/own.yml": b"mine"}
    for path, content in mine.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    publish(FILES, tmp_path)
    publish({}, tmp_path)
    assert tree(tmp_path) == {**mine, MANIFEST: b'{\n  "files": {}\n}\n'}


def test_drift_in_a_listed_file_is_repaired(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    (tmp_path / RULES).write_text("edited by hand\n")
    assert publish(FILES, tmp_path).written == (RULES,)
    assert (tmp_path / RULES).read_text() == FILES[RULES]
    assert set(listed(tmp_path)) == set(FILES)


def test_a_foreign_file_with_the_same_content_is_adopted(tmp_path: Path) -> None:
    (tmp_path / COMPOSE).write_text(FILES[COMPOSE])
    os.utime(tmp_path / COMPOSE, ns=(1, 1))
    assert publish(FILES, tmp_path) == Result(written=(RULES,), deleted=(), unchanged=1, kept=())
    assert (tmp_path / COMPOSE).stat().st_mtime_ns == 1
    assert publish({}, tmp_path).deleted == (COMPOSE, RULES)


def test_a_hard_link_to_a_published_file_keeps_the_old_bytes(tmp_path: Path) -> None:
    """The content is never written in place: whoever has the file open keeps reading the old one."""
    publish(FILES, tmp_path)
    os.link(tmp_path / RULES, tmp_path / "held")
    publish({**FILES, RULES: "new"}, tmp_path)
    assert (tmp_path / "held").read_text() == FILES[RULES]


def test_temporary_files_of_dead_processes_are_swept_and_nothing_like_them(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    dead = dead_pid()
    alive, ourselves = os.getppid(), os.getpid()
    gone = [
        f".a.{dead}.wk-tmp",
        f"monitoring/lost/deep/.b.{dead}.wk-tmp",
        f"monitoring/.c.{ourselves}.wk-tmp",
    ]
    stay = [
        f".a.{alive}.wk-tmp",
        f"monitoring/b.{dead}.wk-tmp",
        "monitoring/.c.wk-tmp",
        f"own/.d.{dead}.wk-tmp",
    ]
    for path in (*gone, *stay):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("torn")
    publish(FILES, tmp_path)
    assert set(tree(tmp_path)) == {*FILES, MANIFEST, *stay}
    assert not (tmp_path / "monitoring/lost").exists()


def test_a_second_publish_waits_for_the_first(tmp_path: Path) -> None:
    holder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    second = threading.Thread(target=publish, args=(FILES, tmp_path))
    second.start()
    second.join(0.2)
    waiting, seen = second.is_alive(), tree(tmp_path)
    os.close(holder)
    second.join()
    assert (waiting, seen) == (True, {})
    assert set(tree(tmp_path)) == {*FILES, MANIFEST}


def test_publishes_at_once_end_as_one_of_them_and_leave_no_lock_file(tmp_path: Path) -> None:
    sets = [{f"monitoring/{name}.yml": str(number) for name in "abcdef"} for number in range(4)]
    threads = [threading.Thread(target=publish, args=(files, tmp_path)) for files in sets * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = tree(tmp_path)
    found.pop(MANIFEST)
    assert found in [{path: text.encode() for path, text in files.items()} for files in sets]


def interrupted(root: Path, files: dict[str, str], pending: dict[str, str]) -> None:
    """Leave the manifest of a publish that was killed between its first rename and its end."""
    value = {"files": {p: sha256(t.encode()).hexdigest() for p, t in files.items()}}
    value["pending"] = {p: sha256(t.encode()).hexdigest() for p, t in pending.items()}
    (root / MANIFEST).write_text(json.dumps(value))


def test_a_new_file_placed_before_a_kill_is_ours_at_the_next_run(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    interrupted(tmp_path, FILES, {"monitoring/new.yml": "one", RULES: "two"})
    (tmp_path / "monitoring/new.yml").write_text("one")
    (tmp_path / RULES).write_text("two")
    result = publish({COMPOSE: FILES[COMPOSE], "monitoring/new.yml": "three"}, tmp_path)
    assert result == Result(written=("monitoring/new.yml",), deleted=(RULES,), unchanged=1, kept=())
    assert diff({COMPOSE: FILES[COMPOSE], "monitoring/new.yml": "three"}, tmp_path) == []


def test_a_file_that_was_never_placed_before_a_kill_does_not_make_a_strangers_ours(tmp_path: Path) -> None:
    publish(FILES, tmp_path)
    interrupted(tmp_path, FILES, {"monitoring/new.yml": "one"})
    (tmp_path / "monitoring/new.yml").write_text("somebody's")
    with pytest.raises(PublishRefused):
        publish({**FILES, "monitoring/new.yml": "one"}, tmp_path)
    publish(FILES, tmp_path)
    assert (tmp_path / "monitoring/new.yml").read_text() == "somebody's"
    assert set(listed(tmp_path)) == set(FILES)
