"""One engine and one set of images for the session, and the rendered files of the bundled spec."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Read when testcontainers is imported: its cleaning helper is an image that no registry gives us.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

import docker
import pytest

from ..conftest import need_tool
from . import images as recipes
from .bundle import Bundle, render_bundle
from .engine import connect, give_up, required
from .rootfs import RootfsError


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """Give a client of the running engine."""
    client = connect(require=required())
    yield client
    client.close()


@pytest.fixture(scope="session")
def images(engine: docker.DockerClient) -> dict[str, str]:
    """Give the images by the variable that the Compose file reads, built where the engine lacks them."""
    for name in recipes.TOOLS:
        need_tool(name)
    try:
        return recipes.build_all(engine)
    except RootfsError as error:
        give_up(str(error), require=required())


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """Give the bundled spec's rendered files in a folder of their own, free to be changed."""
    return render_bundle(tmp_path / "bundle")
