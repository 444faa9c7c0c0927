"""Streams the lines of logs, rotated and compressed ones included, a bounded number of bytes at a time."""

from __future__ import annotations

import gzip
import os
import re
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Final

from ..writing.rotation import COMPRESSED, UNFINISHED

_CHUNK: Final = 1 << 18
_LONGEST: Final = 1 << 20
"""A longer line is no record: binary data may have no newlines at all."""
_MOMENT_SECONDS: Final = 0.005
_MAGIC: Final = b"\x1f\x8b"
_LOG: Final = re.compile(r"([^.].*?\.(?:jsonl|log))(?:\.|$)")


class LogReader:
    """Yields the lines of files; `broken` counts lines that were too long, `damaged` lists unreadable files."""

    def __init__(self) -> None:
        self.files = 0
        self.broken = 0
        self.damaged: list[str] = []

    def chunks(self, paths: Iterable[str | os.PathLike[str]]) -> Iterator[bytes]:
        """Yield whole lines, many at a time: of files, of folders' logs, and of the files rotated from a log.

        Raises FileNotFoundError for a path without any file.
        """
        seen: set[str] = set()
        for each in paths:
            path = os.fspath(each)
            logs = _logs(path) if os.path.isdir(path) else [path]
            if not logs:
                raise FileNotFoundError(f"{path}: the folder contains no .jsonl or .log files")
            for log in logs:
                yield from self._log(log, seen)

    def _log(self, path: str, seen: set[str]) -> Iterator[bytes]:
        # The file being written is opened first: if it is rotated meanwhile, it is neither missed nor read twice.
        live = self._opened(path)
        try:
            rotated = _rotated(path)
            if live is None and not rotated and not self.damaged:
                raise FileNotFoundError(f"{path}: there is no such log")
            for name in rotated:
                # It may have been compressed meanwhile.
                file = self._opened(name) or self._opened(name + COMPRESSED)
                if file is not None:
                    with file:
                        if live is None or not os.path.sameopenfile(live.fileno(), file.fileno()):
                            yield from self._once(file, name, seen)
            if live is not None:
                yield from self._once(live, path, seen)
        finally:
            if live is not None:
                live.close()

    def _opened(self, path: str) -> IO[bytes] | None:
        try:
            return open(path, "rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            self.damaged.append(f"{path}: {error.strerror}")
            return None

    def _once(self, file: IO[bytes], name: str, seen: set[str]) -> Iterator[bytes]:
        real = os.path.realpath(name)
        if real not in seen:
            seen.add(real)
            self.files += 1
            yield from self._lines(file, name)

    def _lines(self, file: IO[bytes], name: str) -> Iterator[bytes]:
        rest, skipping = b"", False
        for chunk in self._bytes(file, name):
            whole = rest + chunk if rest else chunk
            cut = whole.rfind(b"\n") + 1
            lines, rest = whole[:cut], whole[cut:]
            if skipping and lines:
                lines, skipping = lines[lines.index(b"\n") + 1 :], False
            if lines:
                yield lines
            if skipping or len(rest) > _LONGEST:
                self.broken += not skipping
                rest, skipping = b"", True
        if rest:
            yield rest

    def _bytes(self, file: IO[bytes], name: str) -> Iterator[bytes]:
        packed = file.read(2) == _MAGIC
        file.seek(0)
        # read1: what a truncated file still contains must not be lost with the error at its end.
        read = gzip.GzipFile(fileobj=file).read1 if packed else file.read
        try:
            last = b"\n"
            while chunk := read(_CHUNK):
                last = chunk
                yield chunk
            if not packed and not last.endswith(b"\n"):
                # A line that is just being written can be seen in halves.
                time.sleep(_MOMENT_SECONDS)
                yield file.readline(_LONGEST)
        except (OSError, EOFError, zlib.error) as error:
            self.broken += 1
            self.damaged.append(f"{name}: {error}")


def _logs(folder: str) -> list[str]:
    """Return the paths of a folder's logs; the names of rotated files are cut to that of their log."""
    found = {
        each[: match.end(1)]
        for each in os.listdir(folder)
        if (match := _LOG.match(each)) and os.path.isfile(os.path.join(folder, each))
    }
    return [os.path.join(folder, each) for each in sorted(found)]


def _rotated(path: str) -> list[str]:
    """Return the files rotated from a log, by us or by logrotate; one name for a file and its `.gz`."""
    folder, log = os.path.split(path)
    try:
        names = {each for each in os.listdir(folder or ".") if each.startswith(f"{log}.")}
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        os.path.join(folder, each)
        for each in sorted(names)
        if not each.endswith(UNFINISHED)
        and each.removesuffix(COMPRESSED) not in names - {each}
        and os.path.isfile(os.path.join(folder, each))
    ]
