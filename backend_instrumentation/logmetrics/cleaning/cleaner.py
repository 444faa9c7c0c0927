"""Deletes old log files below one folder, and nothing else; never raises."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ..feed.loss_counts import CLEANER, lost
from ..writing.file_locks import exclusive
from .cleanup_config import CleanupConfig, ConfigSource, read_config
from .log_selection import Selected, select

_READ: Final = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)
_MOST_NAMED: Final = 1000
_DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """What one run did; with `dry_run`, what it would have done. `result["errors"]` works too.

    `deleted_files` is a number, `freed_bytes` the sum of their sizes, `errors` one line for each file that could
    not be deleted, `duration` in seconds; `paths` are relative to the root, at most 1000, as `errors` are.
    """

    deleted_files: int = 0
    freed_bytes: int = 0
    errors: tuple[str, ...] = ()
    duration: float = 0.0
    dry_run: bool = False
    paths: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> Any:
        return self.as_dict()[key]

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


@dataclass(slots=True)
class _Run:
    oldest: float
    dry_run: bool
    deleted: int = 0
    freed: int = 0
    errors: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def failed(self, path: str, error: object) -> None:
        reason = getattr(error, "strerror", None) or error
        lost(CLEANER, f"{path}: {reason}")
        if len(self.errors) < _MOST_NAMED:
            self.errors.append(f"{path}: {reason}")

    def consider(self, each: Selected) -> None:
        if each.found.st_mtime > self.oldest:
            return
        try:
            size = self._removed(each)
        except FileNotFoundError:  # another process cleans too
            return
        except OSError as error:
            self.failed(each.path, error)
            return
        if size is not None:
            self.deleted += 1
            self.freed += size
            if len(self.paths) < _MOST_NAMED:
                self.paths.append(each.path)

    def _removed(self, each: Selected) -> int | None:
        handle = os.open(each.name, _READ, dir_fd=each.folder)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or found.st_mtime > self.oldest:
                return None
            # Whoever writes or compresses the file has a lock on it.
            if not exclusive(handle):
                return None
            if not self.dry_run:
                os.unlink(each.name, dir_fd=each.folder)
            return found.st_size
        finally:
            os.close(handle)


class LogCleanupService:
    """Deletes the files that its configuration names: a CleanupConfig, its keys, or the path of a YAML file.

    Raises CleanupConfigError for a configuration that cannot be used.
    """

    def __init__(self, config: ConfigSource = None) -> None:
        self.config: CleanupConfig = read_config(config)
        # Later changes of the working folder do not move it.
        self.root = os.path.abspath(self.config.root)

    def cleanup(
        self, dry_run: bool | None = None, *, stopping: Callable[[], bool] = lambda: False
    ) -> CleanupResult:
        """Delete what is old enough, and return what was done; `stopping` is asked before each file.

        `dry_run`: only say what would be deleted; None means as configured. Does nothing when it is disabled.
        """
        started = time.monotonic()
        dry = self.config.dry_run if dry_run is None else bool(dry_run)
        run = _Run(time.time() - self.config.retention_days * _DAY, dry)
        if self.config.enabled:
            try:
                self._clean(run, stopping)
            except Exception as error:
                run.failed(self.root, error)
        return CleanupResult(
            deleted_files=run.deleted,
            freed_bytes=run.freed,
            errors=tuple(run.errors),
            duration=time.monotonic() - started,
            dry_run=dry,
            paths=tuple(run.paths),
        )

    def _clean(self, run: _Run, stopping: Callable[[], bool]) -> None:
        if os.unlink not in os.supports_dir_fd:
            raise OSError("this system cannot delete safely: it has no calls relative to an open folder")
        for each in select(self.root, self.config.log_patterns, run.failed):
            if stopping():
                return
            run.consider(each)
