"""A consistent copy of the data of a running Prometheus: its write-ahead log first, then its blocks.

Prometheus removes samples from the log only after a block contains them. So a copy of the log together with blocks that
are copied later contains every sample; where both contain one, Prometheus ignores that of the log. A new Prometheus
starts on the copy as it would after a crash at that moment, and loses less than one scrape.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from watchkeeper.backup.live.place_file import ATTEMPTS, Moving, copy_until_still, copy_written, link_or_copy
from watchkeeper.backup.live.whole_records import trim_to_whole_records

# The names of samples that arrived late are in a log of their own.
_LOGS = ("wal", "wbl")
_BLOCK = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_SEGMENT = re.compile(r"\d{8,}")
_CHECKPOINT = re.compile(r"checkpoint\.(\d+)")


def copy_tsdb(data: Path, target: Path) -> None:
    """Copy a Prometheus' data into a new folder; raise OSError, or Moving when it changes too fast.

    Memory-mapped chunks are left out: the log contains their samples too.
    """
    for log in _LOGS:
        if (data / log).is_dir():
            _copy_log(data / log, target / log)
    _link_blocks(data, target)


def _copy_log(log: Path, target: Path) -> None:
    what = f"Prometheus replaced the segments of its {log.name}"
    copy_until_still(lambda: _copied(log, target), target, what)


def _copied(log: Path, target: Path) -> bool:
    """Copy the newest checkpoint and the segments after it; return whether they still are the ones that count."""
    checkpoint, segments = _parts(log)
    if checkpoint:
        for each in sorted((log / checkpoint).iterdir()):
            link_or_copy(each, target / checkpoint / each.name)
    for name in segments:
        copy_written(log / name, target / name)
    if segments:
        trim_to_whole_records(target / segments[-1])
    now, present = _parts(log)
    return now == checkpoint and present[: len(segments)] == segments


def _parts(log: Path) -> tuple[str, list[str]]:
    names = [each.name for each in log.iterdir()]
    checkpoint = max((name for name in names if _CHECKPOINT.fullmatch(name)), default="", key=_number)
    covered = _number(checkpoint) if checkpoint else -1
    segments = sorted((name for name in names if _SEGMENT.fullmatch(name) and int(name) > covered), key=int)
    return checkpoint, segments


def _number(checkpoint: str) -> int:
    found = _CHECKPOINT.fullmatch(checkpoint)
    return int(found[1]) if found else -1


def _link_blocks(data: Path, target: Path) -> None:
    for _ in range(ATTEMPTS):
        missing = [name for name in _blocks(data) if not (target / name).is_dir()]
        if not missing:
            return
        for name in missing:
            _link_block(data / name, target / name)
    raise Moving(f"Prometheus replaced its blocks {ATTEMPTS} times while they were copied")


def _link_block(block: Path, target: Path) -> None:
    # A block appears and disappears as a whole, by a rename; a new one that replaces it is found by the next look.
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for each in sorted(block.rglob("*")):
            if each.is_file():
                link_or_copy(each, partial / each.relative_to(block))
        if partial.is_dir() and block.is_dir():
            partial.rename(target)
    except FileNotFoundError:
        pass
    shutil.rmtree(partial, ignore_errors=True)


def _blocks(data: Path) -> list[str]:
    return sorted(each.name for each in data.iterdir() if _BLOCK.fullmatch(each.name) and each.is_dir())
