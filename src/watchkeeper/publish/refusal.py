"""Why files cannot be published, one clear line for each path."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_REASONS = {
    errno.ENOSPC: "the disk is full: free some space and render again",
    errno.EDQUOT: "the disk quota is used up: free some space and render again",
    errno.EFBIG: "the file is larger than this process may write (ulimit -f)",
    errno.EROFS: "the file system is mounted read-only",
    errno.EACCES: "no permission: make the file and its folder writable for this user",
    errno.EPERM: "no permission: make the file and its folder writable for this user",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.EEXIST: "there is already something else at this path",
    errno.ENOTDIR: "there is a file where a folder should be",
}


class PublishRefused(Exception):
    """Raised with a reason for each path; everything that can be checked in advance is, before the first write."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        """Keep the reasons, sorted by path."""
        self.reasons = dict(sorted(reasons.items()))
        super().__init__("\n".join(f"{_shown(path)}: {reason}" for path, reason in self.reasons.items()))

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the paths that cannot be published, sorted."""
        return tuple(self.reasons)


def reason_of(error: OSError) -> str:
    """Return what the operating system's error means for the user."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


@contextmanager
def refusing(path: str) -> Iterator[None]:
    """Turn any OSError inside into a refusal of `path`."""
    try:
        yield
    except OSError as error:
        raise PublishRefused({path: reason_of(error)}) from error


def _shown(path: str) -> str:
    return path if path.isprintable() else ascii(path)
