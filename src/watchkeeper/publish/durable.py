"""Sync files and folders to the disk: one by one, or many with one call for their file system."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from watchkeeper.publish.refusal import refusing

_MANY = 100
_SYNCS_AT_ONCE = 8
# File systems where one sync of everything equals a sync of each file. On network and user-space file systems
# the data may still be with their server.
_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "overlay"})
_SYNCFS_REPORTS_ERRORS = (5, 8)
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})


def sync(places: Mapping[str, str]) -> None:
    """Return when all `places` are on the disk; each maps to the path that a refusal names."""
    if len(places) < _MANY or not _sync_file_systems(places):
        _sync_each(places)


def sync_names(folder: Path) -> None:
    """Write the names in a folder to the disk, where the file system can do that; raise OSError."""
    _fsync(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))


def _sync_each(places: Mapping[str, str]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    # Several at a time share the journal's commits: sixty files take a third of the time.
    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        list(pool.map(_sync_one, places, places.values()))


def _sync_one(place: str, shown: str) -> None:
    with refusing(shown):
        _fsync(os.open(place, os.O_RDONLY | os.O_CLOEXEC))


def _fsync(descriptor: int) -> None:
    """Sync a file or a folder, and close it."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Shares of a network and file systems of user space sync files only.
        if error.errno not in _UNSUPPORTED or not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise
    finally:
        os.close(descriptor)


def _sync_file_systems(places: Iterable[str]) -> bool:
    """Return whether everything is on the disk; any error appears again when syncing one by one."""
    if not sys.platform.startswith("linux") or _kernel() < _SYNCFS_REPORTS_ERRORS:
        return False
    with suppress(OSError, ValueError):
        folders = {os.path.dirname(place) for place in places}  # noqa: PTH120 - thousands of them
        devices = {os.stat(folder).st_dev: folder for folder in folders}  # noqa: PTH116
        local = _local_devices()
        return all(device in local and _syncfs(folder) for device, folder in devices.items())
    return False


def _kernel() -> tuple[int, ...]:
    major, minor, *_ = os.uname().release.split(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)


def _local_devices() -> set[int]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
        fields = [line.split() for line in lines]
    numbers = (each[2].split(":") for each in fields if each[each.index("-") + 1] in _LOCAL)
    return {os.makedev(int(major), int(minor)) for major, minor in numbers}


def _syncfs(folder: str) -> bool:
    import ctypes

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return bool(ctypes.CDLL(None).syncfs(descriptor) == 0)
    except AttributeError:
        return False
    finally:
        os.close(descriptor)
