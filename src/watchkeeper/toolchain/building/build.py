"""One build of one pinned module: staged next to its place in the cache, checked, then renamed into it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from watchkeeper.toolchain.building.build_failure import summarize
from watchkeeper.toolchain.building.build_lock import Lock
from watchkeeper.toolchain.building.go import Go, build_command, build_environment
from watchkeeper.toolchain.cache import built_folder, log_file, module_folder
from watchkeeper.toolchain.elf import is_static
from watchkeeper.toolchain.found_tool import ToolchainError
from watchkeeper.toolchain.pins import Module
from watchkeeper.toolchain.probe import reported_version

_STAGING = ".staging-"


class Build:
    """A running `go build`; its creator must call `finish` or `abandon`."""

    def __init__(self, module: Module, *, go: Go, lock: Lock) -> None:
        self.module = module
        self._lock = lock
        self._began = time.monotonic()
        self._staging = fresh_staging(module)
        self._source = self._staging / "source"
        self._out = self._staging / "bin"
        shutil.copytree(module.folder, self._source)
        self._out.mkdir()
        with log_file(module).open("wb") as log:
            self._process = subprocess.Popen(
                build_command(module, go=go, out=self._out),
                cwd=self._source,
                env=build_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A process group of its own, so that abandoning it ends the compilers too.
                start_new_session=True,
                pass_fds=(lock.descriptor,),
            )

    @property
    def seconds(self) -> float:
        """Seconds since the build began."""
        return time.monotonic() - self._began

    @property
    def running(self) -> bool:
        """Whether go is still running."""
        return self._process.poll() is None

    def finish(self) -> None:
        """Put the binaries into the cache; raise ToolchainError, with the cache unchanged, if they are unusable."""
        try:
            self._check()
            install(self.module, self._out, destination=built_folder(self.module))
        finally:
            self._clean()

    def abandon(self) -> None:
        """End go and its compilers and remove everything of the build."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._clean()

    def _check(self) -> None:
        output = log_file(self.module).read_text(encoding="utf-8", errors="replace")
        if self._process.returncode != 0:
            raise ToolchainError(summarize(self.module, output=output, log=log_file(self.module)))
        pinned = self.module.folder / "go.sum"
        used = self._source / "go.sum"
        # With -mod=mod go adds missing sums; a sum that was not shipped means code that was not pinned.
        if used.exists() and used.read_bytes() != (pinned.read_bytes() if pinned.exists() else b""):
            raise ToolchainError(
                f"{self.module.name} needs modules that {pinned} does not pin: not installed"
            )

    def _clean(self) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        self._lock.release()


def fresh_staging(module: Module) -> Path:
    """Return a new folder next to the module's installs, for the holder of its lock to use and remove."""
    # The caller has the lock, so any remaining staging folder is abandoned.
    for folder in module_folder(module).glob(f"{_STAGING}*"):
        shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=module_folder(module), prefix=_STAGING))


def install(module: Module, staged: Path, *, destination: Path) -> None:
    """Check the staged binaries and rename their folder into the cache, whole or not at all."""
    for binary in module.binaries:
        path = staged / binary.name
        # `go build` names a binary after its package's folder, which is not always the tool's name.
        built = staged / binary.package.rsplit("/", 1)[-1]
        if not path.exists() and built.exists():
            built.rename(path)
        _check_binary(module, path, version=reported_version(path, args=binary.version_args))
        _flush(path)
    if destination.exists():
        # Somebody removed a binary from it: the complete folder replaces the rest.
        destination.rename(staged.parent / "incomplete")
    staged.rename(destination)


def _check_binary(module: Module, path: Path, *, version: str) -> None:
    if version != module.release:
        reported = f"version {version}" if version else "no version"
        raise ToolchainError(f"{path.name} reports {reported}, not {module.release}: not installed")
    if sys.platform == "linux" and not is_static(path):
        raise ToolchainError(f"{path.name} {module.release} is not a static executable: not installed")


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
