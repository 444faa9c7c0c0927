"""A folder is made to hold exactly what it should, and what is right already is not touched."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from watchkeeper.stack.folder_sync import Copy, Entry, Link, Text, digest, sync_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_links_texts_and_copies_come_to_stand_where_they_should(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("secret")
    source.chmod(0o640)
    view = tmp_path / "view"
    view.mkdir()
    sync_folder(view, {"a.yml": Link(source), "deep/b.json": Text("[]\n", mode=0o600), "c": Copy(source)})
    assert (view / "a.yml").readlink() == source
    assert ((view / "deep/b.json").read_text(), mode(view / "deep/b.json")) == ("[]\n", 0o600)
    assert ((view / "c").read_text(), mode(view / "c"), (view / "c").is_symlink()) == ("secret", 0o640, False)


def test_what_is_not_wanted_any_more_goes(tmp_path: Path) -> None:
    sync_folder(tmp_path, {"old/one": Text("1"), "kept/two": Text("2"), "kept/three": Text("3")})
    sync_folder(tmp_path, {"kept/two": Text("2")})
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "kept",
        "kept/two",
    ]


def test_links_files_and_folders_take_each_others_place(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    view = tmp_path / "view"
    view.mkdir()
    for entries in (
        {"x": Link(outside)},
        {"x/y": Text("1")},
        {"x": Text("2")},
        {"x": Link(outside)},
    ):
        sync_folder(view, entries)
    assert (view / "x").readlink() == outside
    # Making way must never reach through a link.
    assert (outside / "precious").read_text() == "mine"


def test_what_is_right_already_is_not_written_again(tmp_path: Path) -> None:
    entries: dict[str, Entry] = {"text": Text("same"), "link": Link(Path("/nowhere"))}
    sync_folder(tmp_path, entries)
    before = {name: (tmp_path / name).lstat().st_ino for name in entries}
    sync_folder(tmp_path, entries)
    assert {name: (tmp_path / name).lstat().st_ino for name in entries} == before


def test_a_changed_mode_is_a_change(tmp_path: Path) -> None:
    sync_folder(tmp_path, {"key": Text("k", mode=0o644)})
    sync_folder(tmp_path, {"key": Text("k", mode=0o600)})
    assert mode(tmp_path / "key") == 0o600


def test_folders_can_be_read_by_the_user_of_a_container_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        sync_folder(tmp_path, {"templates/a.tmpl": Text("a")})
    finally:
        os.umask(before)
    assert (mode(tmp_path), mode(tmp_path / "templates")) == (0o755, 0o755)
    assert mode(tmp_path / "templates/a.tmpl") == 0o644


def test_a_digest_changes_with_content_and_names_and_follows_links(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "a.yml").write_text("one")
    (tmp_path / "link").symlink_to(real)
    seen = [digest({"rules": tmp_path / "link"})]
    (real / "a.yml").write_text("two")
    seen.append(digest({"rules": tmp_path / "link"}))
    (real / "a.yml").rename(real / "b.yml")
    seen.append(digest({"rules": tmp_path / "link"}))
    seen.append(digest({"rules": tmp_path / "absent"}))
    assert len(set(seen)) == 4
    assert digest({"rules": tmp_path / "link"}) == seen[2]
