"""Tools taken out of their container image, where an engine has the image."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from watchkeeper.toolchain import ToolchainError, ensure, find
from watchkeeper.toolchain.cache import image_folder, module_folder
from watchkeeper.toolchain.pins import Module

from .toolchain_support import GO, fake_tool, tiny_module

DOCKER = shutil.which("docker")


def engine_runs() -> bool:
    return (
        DOCKER is not None
        and subprocess.run([DOCKER, "info"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """A pin whose image is the test's own, on a machine that has a docker command and no Go."""
    monkeypatch.setenv("WATCHKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOPROXY", "off")
    return replace(tiny_module(tmp_path / "module"), image=f"watchkeeper-test/tiny:{tmp_path.name.lower()}")


def without_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("watchkeeper.toolchain.building.go._OFFICIAL", tmp_path / "none")


@pytest.fixture
def image(module: Module, tmp_path: Path) -> Iterator[str]:
    """An image of nothing but the built tool, which is built here and then removed from the cache."""
    tool = ensure(["tiny"], modules=[module])["tiny"]
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        archive.add(tool.path, arcname="bin/tiny")
    subprocess.run(
        [str(DOCKER), "import", "-", module.image], input=layer.getvalue(), check=True, capture_output=True
    )
    shutil.rmtree(module_folder(module))
    yield module.image
    subprocess.run([str(DOCKER), "image", "rm", module.image], check=True, capture_output=True)


@pytest.mark.containers
@pytest.mark.skipif(
    not engine_runs() or GO is None, reason="needs a running Docker engine, and Go for the image"
)
def test_without_go_the_tool_is_copied_out_of_its_local_image(
    module: Module, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_go(tmp_path, monkeypatch)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").symlink_to(str(DOCKER))
    tool = ensure(["tiny"], modules=[module])["tiny"]
    again = find("tiny", modules=[module])
    left = subprocess.run(
        [str(DOCKER), "ps", "--all", "--quiet", "--filter", f"ancestor={image}"],
        capture_output=True,
        text=True,
    ).stdout
    assert (tool.path, tool.version, tool.origin) == (image_folder(module) / "tiny", "1.2.3", "image")
    assert again is not None
    assert (again.path, again.origin) == (tool.path, "cache")
    assert (left, sorted(path.name for path in module_folder(module).iterdir())) == (
        "",
        ["1.2.3-image", "lock"],
    )


@pytest.mark.containers
@pytest.mark.skipif(
    not engine_runs() or GO is None, reason="needs a running Docker engine, and Go for the image"
)
def test_a_tool_is_copied_from_its_local_image_where_go_could_build_it(module: Module, image: str) -> None:
    tool = ensure(["tiny"], modules=[module])["tiny"]
    assert (tool.path, tool.origin) == (image_folder(module) / "tiny", "image")


@pytest.mark.parametrize(
    "docker",
    ["exit 1", 'case "$1" in image) exit 0;; *) exit 1;; esac'],
    ids=["no such image", "engine gone"],
)
def test_without_go_and_image_the_error_is_about_go(
    module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker: str
) -> None:
    without_go(tmp_path, monkeypatch)
    path = fake_tool(tmp_path / "bin" / "docker", says="")
    path.write_text(f"#!/bin/sh\n{docker}\n")
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[module])
    assert str(caught.value).startswith("Go is not installed: Go 1.21 or newer is needed to build tiny")
    assert not image_folder(module).exists()


def test_an_image_with_another_version_inside_is_not_used(
    module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_go(tmp_path, monkeypatch)
    path = fake_tool(tmp_path / "bin" / "docker", says="")
    other = fake_tool(tmp_path / "other", says="tiny, version 9.9.9")
    path.write_text(
        f'#!/bin/sh\ncase "$1" in create) echo container;; cp) /bin/cp {other} "$3";; *) exit 0;; esac\n'
    )
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[module])
    assert str(caught.value).startswith("Go is not installed")
    assert not image_folder(module).exists()


def test_an_image_that_is_not_there_is_not_pulled(
    module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_go(tmp_path, monkeypatch)
    path = fake_tool(tmp_path / "bin" / "docker", says="")
    path.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\nexit 1\n')
    with pytest.raises(ToolchainError):
        ensure(["tiny"], modules=[module])
    # `docker create` would pull it.
    assert (tmp_path / "asked").read_text() == f"image inspect {module.image}\n"
