"""The cache of built tools: one folder for each module and recipe, renamed into place whole."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from watchkeeper.toolchain.building.go import build_flags, build_packages
from watchkeeper.toolchain.pins import Module


def cache_root(*, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the cache folder: WATCHKEEPER_CACHE, else watchkeeper in XDG_CACHE_HOME, else in ~/.cache."""
    own = environ.get("WATCHKEEPER_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    # The XDG base directory specification ignores a relative XDG_CACHE_HOME.
    shared = Path(environ.get("XDG_CACHE_HOME", ""))
    return (shared if shared.is_absolute() else Path.home() / ".cache") / "watchkeeper"


def module_folder(module: Module) -> Path:
    """Return the folder of a module's installs, its lock and its build log."""
    return cache_root() / "tools" / module.name


def built_folder(module: Module) -> Path:
    """Return the folder of the binaries that this recipe builds on this kind of machine."""
    return module_folder(module) / f"{module.release}-{fingerprint(module)}"


def image_folder(module: Module) -> Path:
    """Return the folder of the binaries that were copied from the module's container image."""
    return module_folder(module) / f"{module.release}-image"


def log_file(module: Module) -> Path:
    """Return the file with all output of the module's last build."""
    return module_folder(module) / "build.log"


def fingerprint(module: Module) -> str:
    """Return eight hex digits that change with the module's files, flags, packages or kind of machine."""
    digest = hashlib.sha256()
    recipe = [sys.platform, platform.machine(), *build_flags(module), *build_packages(module)]
    digest.update("\n".join(recipe).encode())
    for path in sorted(module.folder.iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def is_whole(module: Module, folder: Path) -> bool:
    """Return whether the folder has every binary of the module."""
    return all(is_executable(folder / binary.name) for binary in module.binaries)


def is_executable(path: Path) -> bool:
    """Return whether the path is a file that this user may run."""
    return path.is_file() and os.access(path, os.X_OK)
