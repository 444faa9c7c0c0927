"""Copy the tools from their own container images if an engine already has them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from watchkeeper.toolchain.building.build import fresh_staging, install
from watchkeeper.toolchain.building.build_lock import Lock
from watchkeeper.toolchain.cache import image_folder, is_whole, module_folder
from watchkeeper.toolchain.found_tool import ToolchainError
from watchkeeper.toolchain.pins import Module

_TIMEOUT_SECONDS = 120


def extract(module: Module, *, image: str = "") -> bool:
    """Copy the module's binaries from a local image into the cache; return False if that is impossible.

    The image is the module's own, or another that must have the same release.
    """
    image = image or module.image
    docker = shutil.which("docker")
    # The images contain Linux executables.
    if docker is None or not image or sys.platform != "linux":
        return False
    if _run(docker, "image", "inspect", image) is None:
        return False
    try:
        lock = Lock(module_folder(module) / "lock")
    except OSError:
        return False
    lock.wait()
    try:
        return is_whole(module, image_folder(module)) or _unpack(docker, module, image)
    finally:
        lock.release()


def _unpack(docker: str, module: Module, image: str) -> bool:
    try:
        staging = fresh_staging(module)
    except OSError:
        return False
    staged = staging / "bin"
    try:
        staged.mkdir()
        if _copy_out(docker, module, image, staged):
            install(module, staged, destination=image_folder(module))
    except (ToolchainError, OSError):
        return False
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return is_whole(module, image_folder(module))


def _copy_out(docker: str, module: Module, image: str, staged: Path) -> bool:
    # Created, never started; an image without a command needs a placeholder.
    container = _run(docker, "create", image, "none")
    if container is None:
        return False
    try:
        return all(
            _run(docker, "cp", f"{container}:{binary.image_path}", str(staged / binary.name)) is not None
            for binary in module.binaries
        )
    finally:
        _run(docker, "rm", "--force", container)


def _run(docker: str, *args: str) -> str | None:
    try:
        done = subprocess.run(
            [docker, *args],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
