"""A consistent copy of Jaeger's store, badger, while Jaeger writes to it.

Its tables never change, its manifest says which of them count, and what is newer is in logs that only grow. So a copy
during which the manifest stays the same is what Jaeger would find after a crash at that moment. Values that entries
refer to are written first, so they are copied last.
"""

from __future__ import annotations

from pathlib import Path

from watchkeeper.backup.live.place_file import copy_until_still, copy_written, link_or_copy

_KEYS, _VALUES, _MANIFEST = "keys", "values", "MANIFEST"
_SKIPPED = frozenset({"LOCK"})


def copy_badger(data: Path, target: Path) -> None:
    """Copy both folders of the store into a new folder; raise OSError, or Moving when it changes too fast."""
    copy_until_still(lambda: _copied(data, target), target, "Jaeger replaced its tables")


def _copied(data: Path, target: Path) -> bool:
    keys = data / _KEYS
    if not (keys / _MANIFEST).is_file():
        return True  # nothing was ever stored
    before = (keys / _MANIFEST).read_bytes()
    (target / _KEYS).mkdir()
    (target / _KEYS / _MANIFEST).write_bytes(before)
    files = [
        each for each in sorted(keys.iterdir()) if each.is_file() and each.name not in {*_SKIPPED, _MANIFEST}
    ]
    for each in sorted(files, key=lambda one: one.suffix != ".mem"):
        place = link_or_copy if each.suffix == ".sst" else copy_written
        place(each, target / _KEYS / each.name)
    for each in sorted((data / _VALUES).iterdir()):
        if each.is_file() and each.name not in _SKIPPED:
            copy_written(each, target / _VALUES / each.name)
    return (keys / _MANIFEST).read_bytes() == before
