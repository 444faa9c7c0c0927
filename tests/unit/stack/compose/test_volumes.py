"""The folders of volumes that this user may not enter, or that this machine does not have, and root in a user's folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchkeeper.backup.data_places import image_versions
from watchkeeper.stack.compose.volumes import StackVolume, _require_ours
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.state_owner import kept_by_owner

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def told_to_nobody(check: Callable[[], None]) -> str:
    """Return what the check says to a user without rights."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setgroups([])
        os.setregid(NOBODY, NOBODY)
        os.setreuid(NOBODY, NOBODY)
        try:
            check()
            told = "nothing"
        except BaseException as error:
            told = str(error)
        os.write(writer, told.encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    with os.fdopen(reader) as stream:
        return stream.read()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@as_root
def test_a_user_who_may_not_enter_a_volume_is_told_to_be_root(open_folder: Path) -> None:
    folder = open_folder / "volumes" / "shop" / "_data"
    folder.mkdir(parents=True)
    # Docker's folder is closed, and a volume in an open one is not writable.
    for mode in (0o700, 0o755):
        (open_folder / "volumes").chmod(mode)
        told = told_to_nobody(lambda: _require_ours("the volume shop", folder))
        assert told == (
            f"Docker keeps the volume shop in {folder}, which this user cannot read and change: "
            "run this as root, with `sudo`"
        )
    _require_ours("the volume shop", folder)


def test_a_folder_of_another_machine_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        StackError, match="which this machine does not have: the engine runs in a virtual machine"
    ):
        _require_ours("the volume shop", tmp_path / "none" / "_data")


@as_root
def test_what_root_makes_in_a_users_state_folder_belongs_to_the_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    state = State(home / ".watchkeeper")
    with kept_by_owner(state):
        state.create()
        (state.folder / "lock").touch()
        (state.folder / "bin" / "gone").symlink_to("/nowhere")
    assert {each.lstat().st_uid for each in (state.folder, *state.folder.rglob("*"))} == {NOBODY}


def test_only_tags_with_a_version_tell_one() -> None:
    images = {
        "prom/prometheus:v3.15.0": {"prometheus": "3.15.0"},
        "registry.example:5000/monitoring/prometheus:3.1.2-distroless": {"prometheus": "3.1.2-distroless"},
        "registry.example:5000/prometheus": {},
        "shop/prometheus:local": {},
        "prom/prometheus@sha256:1.2.3": {},
        "": {},
    }
    for image, versions in images.items():
        volume = StackVolume("prometheus", "shop_prometheus-data", "shop", image, (NOBODY, NOBODY), None)
        assert image_versions([volume]) == versions, image
