"""The foreign suites in this clone, and the environment that they run in, which all clones of a machine share."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".watchkeeper" / "foreign"
PYTHON = CACHE / "venv" / "bin" / "python"
PACKAGE = CACHE / "package"
"""A folder with nothing but a link to the package, so that a suite imports the current code and no test of ours."""
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_OLDEST_PYTHON = (3, 11)
NAMES = ("starlette", "fastapi")


class Unavailable(Exception):
    """The suites or their requirements cannot be installed here; the message says why."""


@dataclass(frozen=True)
class Suite:
    """A project's unpacked sdist, with its tests."""

    name: str
    version: str
    folder: Path


def prepare(say: Callable[[str], None]) -> tuple[Suite, ...]:
    """Return the suites, installed and unpacked; instant when that is done already.

    One process installs at a time; the others wait for it and find its work done.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise Unavailable("the suites need Python 3.11 or newer")
    wanted = _REQUIREMENTS.read_text(encoding="utf-8")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _hold(wanted, say)
    return tuple(Suite(name, _version(wanted, name), _folder(wanted, name)) for name in NAMES)


def _hold(wanted: str, say: Callable[[str], None]) -> None:
    held = CACHE / "holds"
    if not held.is_file() or held.read_text(encoding="utf-8") != wanted or not PYTHON.is_file():
        say(f"installing the suites and what they need into {CACHE} (two minutes, once a machine) ...")
        held.unlink(missing_ok=True)
        _install(wanted)
        held.write_text(wanted, encoding="utf-8")
    PACKAGE.mkdir(exist_ok=True)
    link = PACKAGE / "backend_instrumentation"
    if not link.is_symlink():
        link.symlink_to(ROOT / link.name)


def _install(wanted: str) -> None:
    """Link the environment, and unpack the suites here: some of their tests write beside themselves."""
    keep_venv(PYTHON.parents[1], *_pinned(wanted))
    kept = PYTHON.parents[1].resolve()
    with (kept / "sdists.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        archives = [_archive(kept, name, _version(wanted, name)) for name in NAMES]
    for archive in archives:
        with tarfile.open(archive) as opened:
            opened.extractall(CACHE, filter="data")


def _archive(kept: Path, name: str, version: str) -> Path:
    """Return a suite's sdist, which is downloaded once."""
    archive = kept / f"{name}-{version}.tar.gz"
    if not archive.is_file():
        only = ("--no-deps", "--no-binary", name, "--dest", str(kept), f"{name}=={version}")
        _done(str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "download", *only)
    return archive


def keep_venv(place: Path, *requirements: str) -> None:
    """Link a virtual environment that all clones share to the place; raises Unavailable."""
    _done(str(ROOT / "scripts" / "kept_venv.sh"), str(place), *requirements, PYTHON=sys.executable)


def _done(*command: str, **variables: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    if done.returncode:
        raise Unavailable((done.stderr.strip().splitlines() or ["no message"])[-1])


def _pinned(wanted: str) -> list[str]:
    return [line for line in wanted.splitlines() if line and not line.startswith("#")]


def _version(wanted: str, name: str) -> str:
    return next(line.partition("==")[2] for line in wanted.splitlines() if line.startswith(f"{name}=="))


def _folder(wanted: str, name: str) -> Path:
    return CACHE / f"{name}-{_version(wanted, name)}"
