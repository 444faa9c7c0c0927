"""The images that the container tests run on: made once, whole, and of the content that their name tells."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from . import images as recipes
from .rootfs import Entry, digest, pack


def recipe(note: Path) -> recipes.Recipe:
    """Return an image of one file."""
    entry = Entry("/notes/note", source=note, owner=10001, mode=0o640)
    return recipes.Recipe("note", "NOTE_IMAGE", ((entry,),), ("USER 10001",))


@pytest.mark.containers
@pytest.mark.xdist_group("containers")
def test_an_image_is_built_once_for_one_content(
    engine: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the engine has this image already")

    note = tmp_path / "note"
    note.write_text("first", encoding="utf-8")
    tag = recipes.build(recipe(note), client=engine)
    try:
        monkeypatch.setattr(recipes, "_build", refuse)
        assert recipes.build(recipe(note), client=engine) == tag
    finally:
        engine.images.remove(tag)


@pytest.mark.containers
@pytest.mark.xdist_group("containers")
def test_the_demo_image_holds_a_python_that_imports_all_that_it_runs(
    engine: docker.DockerClient, images: dict[str, str]
) -> None:
    program = "import examples.helloagents.app, examples.helloagents.load, watchkeeper.sinks.sink_server, ssl, sqlite3"
    engine.containers.run(images["DEMO_IMAGE"], ["python", "-c", program], remove=True, read_only=True)


def test_an_images_name_changes_with_any_part_of_its_content(tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text("first", encoding="utf-8")
    entry = Entry("/note", source=note)
    before = digest([entry])
    others = (replace(entry, path="/other"), replace(entry, mode=0o600), replace(entry, owner=1))
    assert before not in [digest([other]) for other in others]
    note.write_text("second", encoding="utf-8")
    assert digest([entry]) != before


def test_files_keep_the_owner_and_mode_that_the_image_gives_them(tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text("first", encoding="utf-8")
    entries = [Entry("/data/note", source=note, owner=10001, mode=0o640), Entry("/tmp", mode=0o1777)]
    pack([*entries, Entry("/bin/sh", link="/bin/busybox")], into=tmp_path / "rootfs.tar")
    with tarfile.open(tmp_path / "rootfs.tar") as archive:
        packed = {member.name: (member.uid, member.mode, member.linkname) for member in archive}
    assert packed == {
        "bin": (0, 0o755, ""),
        "bin/sh": (0, 0o755, "/bin/busybox"),
        "data": (0, 0o755, ""),
        "data/note": (10001, 0o640, ""),
        "tmp": (0, 0o1777, ""),
    }
