"""What the writer refuses, before it writes anything, and how it says so."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from watchkeeper.publish import MANIFEST, PublishRefused, diff, publish

GOOD = {"monitoring/good.yml": "good"}


def snapshot(root: Path) -> dict[str, tuple[str, int]]:
    """Everything below `root`: what it holds and when it was written."""
    return {
        str(path.relative_to(root)): (
            path.read_text() if path.is_file() and not path.is_symlink() else "",
            path.lstat().st_mtime_ns,
        )
        for path in root.rglob("*")
    }


def refusal(files: dict[str, str], root: Path) -> dict[str, str]:
    """The reasons of a refused publish, after a look that nothing was touched."""
    before = snapshot(root)
    with pytest.raises(PublishRefused) as caught:
        publish(files, root)
    assert snapshot(root) == before
    return caught.value.reasons


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../out.yml", "outside the root through .."),
        ("monitoring/../../out.yml", "outside the root through .."),
        ("/etc/out.yml", "absolute"),
        ("monitoring//a.yml", "shortest form"),
        ("./a.yml", "shortest form"),
        ("monitoring/", "shortest form"),
        ("", "shortest form"),
        ("monitoring\\a.yml", "backslash"),
        ("monitoring/a\n.yml", "invisible character"),
        ("monitoring/\0.yml", "invisible character"),
        ("monitoring/\udcff.yml", "invisible character"),
        ("monitoring/.a.1.wk-tmp", "reserved for files"),
        (MANIFEST, "the writer's own"),
        ("monitoring/good.yml/a", "a file where a folder should be"),
    ],
)
def test_a_path_that_is_no_place_below_the_root_is_refused(tmp_path: Path, path: str, words: str) -> None:
    publish(GOOD, tmp_path)
    files = {"monitoring/new.yml": "new", path: "x"}
    reasons = refusal(files, tmp_path)
    assert list(reasons) == [path]
    assert words in reasons[path]
    with pytest.raises(PublishRefused):
        diff(files, tmp_path)


def test_a_path_cannot_be_file_and_folder_at_once(tmp_path: Path) -> None:
    reasons = refusal({"a": "x", "a/b": "y", **GOOD}, tmp_path)
    assert reasons == {"a": "the path is rendered both as a file and as a folder"}


def test_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    assert list(refusal({**GOOD, "a.yml": "\ud800"}, tmp_path)) == ["a.yml"]


def test_a_foreign_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "monitoring").mkdir()
    (tmp_path / "monitoring/good.yml").write_text("mine")
    assert "not in monitoring/.watchkeeper-manifest.json" in refusal(GOOD, tmp_path)["monitoring/good.yml"]


def test_every_reason_comes_at_once_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    (tmp_path / "a").write_text("mine")
    with pytest.raises(PublishRefused) as caught:
        publish({"b": "x", "a": "x", **GOOD}, tmp_path)
    assert caught.value.paths == ("a", "b")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["a", "b"]


def a_directory(target: Path, outside: Path) -> None:
    target.mkdir(parents=True)


def a_pipe(target: Path, outside: Path) -> None:
    target.parent.mkdir()
    os.mkfifo(target)


def a_link(target: Path, outside: Path) -> None:
    target.parent.mkdir()
    (outside / "victim").write_text("good")
    target.symlink_to(outside / "victim")


def a_folder_link(target: Path, outside: Path) -> None:
    target.parent.symlink_to(outside)


def a_broken_folder_link(target: Path, outside: Path) -> None:
    target.parent.symlink_to(outside / "nowhere")


def a_link_loop(target: Path, outside: Path) -> None:
    target.parent.symlink_to(target.parent)


def a_file_for_a_folder(target: Path, outside: Path) -> None:
    target.parent.write_text("mine")


@pytest.mark.parametrize(
    ("stand", "words"),
    [
        (a_directory, "there is a folder where"),
        (a_pipe, "other than a regular file"),
        (a_link, "there is a symbolic link where"),
        (a_folder_link, "outside the root through the symbolic link sub"),
        (a_broken_folder_link, "outside the root through the symbolic link sub"),
        (a_link_loop, "where a folder should be"),
        (a_file_for_a_folder, "where a folder should be"),
    ],
)
@pytest.mark.timeout(60)  # reading a pipe would wait for ever
def test_what_stands_in_the_way_is_named(
    tmp_path: Path, stand: Callable[[Path, Path], None], words: str
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    stand(root / "sub/good.yml", outside)
    assert words in refusal({"sub/good.yml": "good", **GOOD}, root)["sub/good.yml"]
    assert {path.name for path in outside.iterdir()} <= {"victim"}


def test_a_folder_linked_inside_the_root_is_followed_but_one_file_has_one_name(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "monitoring").symlink_to("infra")
    publish(GOOD, tmp_path)
    assert (tmp_path / "infra/good.yml").read_text() == "good"
    assert "the same file as" in refusal({**GOOD, "infra/good.yml": "x"}, tmp_path)["infra/good.yml"]


def test_an_orphan_that_is_a_rendered_file_by_another_name_is_not_deleted(tmp_path: Path) -> None:
    publish({"old/a.yml": "a"}, tmp_path)
    (tmp_path / "old").rename(tmp_path / "new")
    (tmp_path / "old").symlink_to("new")
    assert publish({"new/a.yml": "a"}, tmp_path).deleted == ()
    assert (tmp_path / "new/a.yml").read_text() == "a"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< ours\n{}",
        "[]",
        "{}",
        '{"files": []}',
        '{"files": {"a": 1}}',
        '{"files": {}, "x": 1}',
        "[" * 9999,
    ],
)
def test_a_damaged_manifest_is_refused_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "monitoring").mkdir()
    (tmp_path / MANIFEST).write_text(text)
    assert "keep either side of it" in refusal(GOOD, tmp_path)[MANIFEST]


@pytest.mark.parametrize("path", ["../victim", "{outside}/victim"])
def test_a_manifest_cannot_have_files_outside_the_root_deleted(tmp_path: Path, path: str) -> None:
    (tmp_path / "victim").write_text("")
    (tmp_path / "root/monitoring").mkdir(parents=True)
    path = path.format(outside=tmp_path)
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "root" / MANIFEST).write_text(json.dumps({"files": {path: empty}}))
    assert "listed in monitoring/.watchkeeper-manifest.json" in refusal(GOOD, tmp_path / "root")[path]
    assert (tmp_path / "victim").exists()


def test_an_orphan_behind_a_link_to_the_outside_is_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    publish({"sub/a.yml": "a", **GOOD}, root)
    (root / "sub").rename(tmp_path / "outside")
    (root / "sub").symlink_to(tmp_path / "outside")
    assert publish(GOOD, root).deleted == ()
    assert (tmp_path / "outside/a.yml").read_text() == "a"


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").write_text("mine")
    with pytest.raises(PublishRefused, match=r"^\.: there is already something else at this path$"):
        publish(GOOD, tmp_path / "root")
