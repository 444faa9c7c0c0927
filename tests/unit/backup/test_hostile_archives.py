"""Archives that somebody cut, changed or made up: none writes a file outside its folder, none is restored."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.unit.backup.made_backups import back_up, stack_in
from watchkeeper.backup.archive import read_archive
from watchkeeper.backup.backup_manifest import (
    BadBackup,
    Manifest,
    StackIdentity,
    StoredFile,
    _digest,
    parse,
    to_bytes,
)

CONTENT = b"12345"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Give a good backup."""
    back_up(*stack_in(tmp_path), tmp_path / "b.tar")
    return tmp_path / "b.tar"


def manifest_of(*paths: str) -> Manifest:
    files = tuple(StoredFile(path, len(CONTENT), sha256(CONTENT).hexdigest()) for path in paths)
    return Manifest(1.0, "me", "native", StackIdentity("production", None, ("shop",)), "0", {}, (), files)


def archive(path: Path, manifest: bytes, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write an archive with any manifest and any members."""
    with tarfile.open(path, "w") as made:
        for member, content in (named("manifest.json", manifest), *members):
            made.addfile(member, io.BytesIO(content))
    return path


def named(
    name: str, content: bytes = CONTENT, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[Any, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content) if kind == tarfile.REGTYPE else 0
    member.type, member.linkname = kind, link
    return member, content if kind == tarfile.REGTYPE else b""


def refused(path: Path, reason: str, tmp_path: Path) -> None:
    """Expect the reason, and nothing outside the folder that was given."""
    inside = tmp_path / "deep" / "inside"
    inside.mkdir(parents=True, exist_ok=True)
    before = {each for each in tmp_path.rglob("*") if not each.is_relative_to(inside)}
    with pytest.raises(BadBackup, match=reason):
        read_archive(path, into=inside)
    assert {each for each in tmp_path.rglob("*") if not each.is_relative_to(inside)} == before
    assert not [each for each in inside.rglob("*") if each.is_symlink()]


def test_every_truncation_is_noticed(good: Path, tmp_path: Path) -> None:
    content = good.read_bytes()
    last = len(content.rstrip(b"\0"))
    for length in (*range(0, last - 512, 997), last - 1):
        good.write_bytes(content[:length])
        with pytest.raises(BadBackup):
            read_archive(good)


def test_every_changed_byte_of_a_file_or_a_manifest_is_noticed(good: Path) -> None:
    content = bytearray(good.read_bytes())
    with tarfile.open(good) as made:
        places = [(one.name, one.offset_data + at) for one in made for at in (0, one.size // 2, one.size - 1)]
    for name, place in places:
        content[place] ^= 0x01
        good.write_bytes(content)
        content[place] ^= 0x01
        if name != "manifest.json" or chr(content[place]).strip():
            with pytest.raises(BadBackup):
                read_archive(good)


def test_members_that_are_not_the_files_of_the_manifest_are_refused(tmp_path: Path) -> None:
    wanted = to_bytes(manifest_of("prometheus/a"))
    for kind, link in (
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "manifest.json"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.DIRTYPE, ""),
    ):
        made = archive(tmp_path / "a.tar", wanted, named("prometheus/a", CONTENT, kind, link))
        refused(made, "where its manifest has the file prometheus/a", tmp_path)
    for other in ("../../evil", "/tmp/evil", "prometheus/b", "prometheus/a/b"):
        refused(archive(tmp_path / "a.tar", wanted, named(other)), "where its manifest has", tmp_path)
    extra = archive(tmp_path / "a.tar", wanted, named("prometheus/a"), named("prometheus/b"))
    refused(extra, "more files than its manifest", tmp_path)
    refused(archive(tmp_path / "a.tar", wanted), "ends too early", tmp_path)
    read_archive(archive(tmp_path / "a.tar", wanted, named("prometheus/a")))


@pytest.mark.parametrize(
    "path",
    [
        "../evil",
        "/etc/evil",
        "prometheus/../../evil",
        "prometheus//a",
        "prometheus/./a",
        "prometheus/",
        "prometheus",
        "elsewhere/a",
        "prometheus/a\nb",
        "prometheus/a\\b",
        "prometheus/a\0b",
        "",
    ],
)
def test_a_manifest_with_a_path_that_leaves_its_folder_is_refused(path: str, tmp_path: Path) -> None:
    made = archive(tmp_path / "a.tar", to_bytes(manifest_of(path)), named("prometheus/a"))
    refused(made, "which is no file of a backup", tmp_path)


def test_manifests_that_contradict_themselves_are_refused() -> None:
    good = manifest_of("prometheus/a")
    negative = replace(good, files=(StoredFile("prometheus/a", -1, "0" * 64),))
    no_hash = replace(good, files=(StoredFile("prometheus/a", 1, "x"),))
    for manifest, reason in (
        (manifest_of("prometheus/a", "prometheus/a"), "lists a file twice"),
        (manifest_of("prometheus/a", "prometheus/a/b"), "as a file and as a folder"),
        (negative, "nothing usable about prometheus/a"),
        (no_hash, "nothing usable about prometheus/a"),
    ):
        with pytest.raises(BadBackup, match=reason):
            parse(to_bytes(manifest))


@pytest.mark.parametrize(
    "change",
    [
        {"made_at": float("nan")},
        {"made_at": 1e300},
        {"made_at": 10**400},
        {"made_at": "soon"},
        {"stack": {"environment": ["a"], "cluster": None, "services": ["shop"]}},
        {"stack": {"environment": "a", "cluster": None, "services": [["shop"]]}},
        {"stack": {"environment": "\x1b[2J", "cluster": None, "services": ["shop"]}},
        {"notes": ["\ud800"]},
        {"versions": {"prometheus": {}}},
    ],
)
def test_values_that_nobody_could_show_or_compare_are_refused(change: dict[str, Any]) -> None:
    document = {**json.loads(to_bytes(manifest_of("prometheus/a"))), **change}
    del document["digest"]
    text = json.dumps({**document, "digest": _digest(document)})
    with pytest.raises(BadBackup, match="cannot be read"):
        parse(text.encode())


def test_a_newer_format_is_named_and_an_older_digest_is_not_believed() -> None:
    document = json.loads(to_bytes(manifest_of("prometheus/a")))
    with pytest.raises(BadBackup, match="a newer watchkeeper wrote it"):
        parse(json.dumps({**document, "format": 2}).encode())
    with pytest.raises(BadBackup, match="was changed or is damaged"):
        parse(json.dumps({**document, "versions": {"prometheus": "1.0.0"}}).encode())
    for text in (b"", b"{}", b"[]", b"\xff", b'{"digest": 1}', b"[" * 100_000):
        with pytest.raises(BadBackup, match="cannot be read"):
            parse(text)


def test_other_files_are_no_backups(tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    for content in (b"", b"hello" * 1000, b"\0" * 10_240):
        other.write_bytes(content)
        refused(other, "it is no backup", tmp_path)
    with tarfile.open(other, "w") as made:
        made.addfile(*(lambda one: (one[0], io.BytesIO(one[1])))(named("prometheus/a")))
    refused(other, "its first file is no manifest", tmp_path)


def test_bytes_behind_the_end_are_noticed(good: Path, tmp_path: Path) -> None:
    good.write_bytes(good.read_bytes() + b"more")
    refused(good, "something else follows its last file", tmp_path)
