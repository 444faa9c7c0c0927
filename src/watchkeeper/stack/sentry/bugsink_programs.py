"""Bugsink's programs, installed once for this user from PyPI into the cache of tools."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError
from watchkeeper.toolchain import cache_root
from watchkeeper.toolchain.building.build_lock import Lock

REQUIREMENTS = ("bugsink==2.6.2", "gunicorn==26.2.0")
# A virtual environment that has them already.
VARIABLE = "WATCHKEEPER_BUGSINK"
_NEEDED = ("bugsink-manage", "gunicorn")


def bugsink_programs(progress: Progress) -> Path:
    """Return the folder of Bugsink's programs, installed if needed; raise StackError where that fails."""
    own = os.environ.get(VARIABLE)
    if own:
        programs = Path(own).expanduser().absolute() / "bin"
        if not _is_whole(programs):
            raise StackError(f"{VARIABLE} is {own}, but {programs}/bugsink-manage is missing")
        return programs
    folder = _folder()
    lock = Lock(folder.with_suffix(".lock"))
    lock.wait()
    try:
        if not (folder / "whole").is_file():
            with _said(progress, "installing Bugsink, once for this user"):
                _install(folder)
        return folder / "bin"
    finally:
        lock.release()


def _folder() -> Path:
    digest = hashlib.sha256("\n".join([*REQUIREMENTS, sys.version]).encode()).hexdigest()[:8]
    return cache_root() / "venvs" / f"bugsink-{digest}"


def _is_whole(programs: Path) -> bool:
    return all(os.access(programs / name, os.X_OK) for name in _NEEDED)


def _install(folder: Path) -> None:
    # What an interrupted install left is not used.
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(folder))
    pip = (str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, *REQUIREMENTS)
    (folder / "whole").write_text("\n".join(REQUIREMENTS), encoding="utf-8")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        remedy = f"or name a virtual environment that has it in {VARIABLE}"
        raise StackError(f"Bugsink cannot be installed: {last}; check the package index, {remedy}")


@contextmanager
def _said(progress: Progress, text: str) -> Iterator[None]:
    """Show the activity until the block ends, from a thread: the block waits for another process."""
    ended = threading.Event()

    def show() -> None:
        while not ended.wait(0.5):
            progress.show(text)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
