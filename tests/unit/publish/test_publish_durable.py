"""Contents reach the disk before the first name changes, and names before the publish says that it is done."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.failing_syncs import fail_for_folders
from watchkeeper.publish import PublishRefused, durable, publish

FEW, MANY = 3, 150


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a publish asks of the system, in order; every call is really made."""
    made: list[str] = []

    def noted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any) -> Any:
            answer = call(*args)
            made.append(name)
            return answer

        return noting

    monkeypatch.setattr(os, "fsync", noted("sync", os.fsync))
    monkeypatch.setattr(os, "replace", noted("rename", os.replace))
    monkeypatch.setattr(durable, "_syncfs", noted("sync all", durable._syncfs))
    return made


def files(number: int) -> dict[str, str]:
    """So many files, each in a folder of its own."""
    return {f"rules/{n}/slo.yml": f"{n}\n" for n in range(number)}


@pytest.mark.parametrize("number", [FEW, MANY])
def test_contents_are_on_the_disk_before_the_first_name_changes(
    tmp_path: Path, steps: list[str], number: int
) -> None:
    publish(files(number), tmp_path)
    before = steps[: steps.index("rename")]
    assert "sync all" in before or before.count("sync") >= number + 2, "the manifest is written twice"
    assert steps.count("rename") == number + 2
    assert steps[-1] in ("sync", "sync all")


def test_many_files_take_one_call_where_the_file_system_is_a_local_one(
    tmp_path: Path, steps: list[str]
) -> None:
    if tmp_path.stat().st_dev not in durable._local_devices() or durable._kernel() < (5, 8):
        pytest.skip("this folder is on no file system that is synced as a whole")
    publish(files(MANY), tmp_path)
    before = steps[: steps.index("rename")]
    assert before.count("sync all") >= 1
    assert before.count("sync") < MANY


@pytest.mark.parametrize(
    "missing", ["an old kernel", "a network file system", "no such call", "a failing call"]
)
def test_where_one_call_is_not_enough_each_file_is_synced(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    def fail(_: str) -> bool:
        raise OSError(5, "the disk is broken")

    replaced: dict[str, tuple[str, Any]] = {
        "an old kernel": ("_kernel", lambda: (5, 4)),
        "a network file system": ("_local_devices", set),
        "no such call": ("_syncfs", lambda _: False),
        "a failing call": ("_syncfs", fail),
    }
    monkeypatch.setattr(durable, *replaced[missing])
    publish(files(MANY), tmp_path)
    assert steps[: steps.index("rename")].count("sync") >= MANY + 2


def test_a_file_that_cannot_reach_the_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    monkeypatch.setattr(durable, "_kernel", lambda: (5, 4))
    with pytest.raises(PublishRefused, match=r"manifest\.json: Input/output error"):
        publish(files(1), tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == []


def test_a_share_that_cannot_sync_folders_takes_a_render_and_a_broken_disk_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_kernel", lambda: (5, 4))
    fail_for_folders(monkeypatch, errno.EINVAL)
    publish(files(FEW), tmp_path)
    assert (tmp_path / "rules/2/slo.yml").read_text() == "2\n"
    fail_for_folders(monkeypatch, errno.EIO)
    with pytest.raises(PublishRefused, match="Input/output error"):
        publish(files(FEW + 1), tmp_path)
