"""This machine's Python as image entries: interpreter, standard library, packages and what they load."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from .rootfs import Entry, RootfsError, tree, with_libraries

SITE = "/opt/site-packages"

# Each is large and is of no use to a running service.
_NOT_AT_RUN_TIME = (
    "site-packages", "dist-packages", "test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3",
    "distutils", "unittest", "pydoc_data", "config-3", "__phello__",
)  # fmt: skip


def runtime(distributions: Iterable[str]) -> list[Entry]:
    """Return the entries of a working `python` on the PATH, with the distributions and all they require."""
    interpreter = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    packed = [
        Entry(str(interpreter), source=interpreter),
        Entry("/usr/local/bin/python", link=str(interpreter)),
        *_standard_library(),
        *(entry for each in closure(distributions) for entry in _package_files(each)),
    ]
    binaries = [entry.source for entry in packed if entry.source is not None and _is_binary(entry.source)]
    return [*packed, *with_libraries([interpreter, *binaries])]


def closure(names: Iterable[str]) -> list[Distribution]:
    """Return the named distributions and what they require, extras left out, sorted by name."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = _installed(name)
            waiting.extend(_required(found[name]))
    return [found[name] for name in sorted(found)]


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise RootfsError(f"the demo image needs the package {name}, which is not installed here") from error


def _required(found: Distribution) -> Iterator[str]:
    for line in found.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _package_files(package: Distribution) -> Iterator[Entry]:
    # What an editable install lists lies elsewhere; the application's own entries bring it.
    for file in package.files or ():
        source = Path(str(package.locate_file(file)))
        outside = ".." in file.parts or "__pycache__" in file.parts or file.suffix == ".pth"
        if not outside and source.is_file():
            yield Entry(f"{SITE}/{file.as_posix()}", source=source, mode=0o644)


def _standard_library() -> Iterator[Entry]:
    home = Path(sysconfig.get_path("stdlib"))
    unwanted = [each.name for each in home.iterdir() if each.name.startswith(_NOT_AT_RUN_TIME)]
    yield from tree(home, at=str(home), leave_out=unwanted)


def standard_package(name: str) -> Iterator[Entry]:
    """Yield a package of the standard library that services seldom need."""
    home = Path(sysconfig.get_path("stdlib"), name)
    yield from tree(home, at=str(home))


def _is_binary(file: Path) -> bool:
    return file.suffix == ".so" or ".so." in file.name
