"""Merges the values of all worker processes, and renders them as text."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..guard import Guard
from ..multiprocess.liveness import is_alive
from ..multiprocess.worker_files import Value, WorkerFile, files, fold, is_mark, join, locked, read
from .text_format import Format, header, labels, number

_STEP: Final = 200
_MOST_REMEMBERED: Final = 100_000
_NONE: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class _Key:
    family: str
    sample: str
    pairs: tuple[tuple[str, str], ...]
    help: str
    bound: float | None


@dataclass
class _Family:
    kind: str
    help: str
    values: dict[tuple[str, str], tuple[_Key, Value]] = field(default_factory=dict)


class Workers:
    """The values of all processes that share a folder."""

    def __init__(self, folder: Path, guard: Guard) -> None:
        self.folder = folder
        self._guard = guard
        self._keys: dict[str, _Key] = {}

    def render(
        self, style: Format, names: Collection[str] = (), hidden: Mapping[str, str] = _NONE
    ) -> tuple[bytes, frozenset[str]]:
        """Return the families as text, and their names; `names` selects the families of those samples.

        `hidden` are families, by name, whose values with that help text are not shown.
        """
        try:
            fold(self.folder, self._guard)
        except OSError:
            self._guard.note("summing up the files of ended workers")
        families = self._families(names, hidden)
        texts = [_text(name, family, style) for name, family in families.items()]
        return "".join(texts).encode("utf-8", "replace"), frozenset(families)

    def pids(self) -> list[int]:
        """Return the process numbers of the running workers."""
        found = {file.pid for file in files(self.folder) if file.pid.isdigit()}
        return sorted(int(pid) for pid in found if is_alive(self.folder, pid))

    def _families(self, names: Collection[str], hidden: Mapping[str, str]) -> dict[str, _Family]:
        found: dict[str, _Family] = {}
        with locked(self.folder, alone=False):
            for file in files(self.folder):
                if not file.lives_with_worker or is_alive(self.folder, file.pid):
                    self._add(found, file, names, hidden)
        return found

    def _add(
        self,
        found: dict[str, _Family],
        file: WorkerFile,
        names: Collection[str],
        hidden: Mapping[str, str],
    ) -> None:
        kind, joined = file.kind.partition("_")[0], join(file.kind)
        pid = file.pid if file.kind in ("gauge_all", "gauge_liveall") else ""
        for count, (text, value) in enumerate(read(file.path, self._guard), 1):
            if count % _STEP == 0:
                time.sleep(0)
            key = self._keys.get(text) or self._parsed(text)
            if key is None or (names and not any(name.startswith(key.family) for name in names)):
                continue
            if hidden and hidden.get(key.family) == key.help:
                continue
            family = found.get(key.family)
            if family is None:
                family = found[key.family] = _Family(kind, key.help)
            before = family.values.get((text, pid))
            family.values[text, pid] = (key, value if before is None else joined(before[1], value))

    def _parsed(self, text: str) -> _Key | None:
        try:
            family, sample, given, help_text = json.loads(text)
            bound = float(given.pop("le")) if sample == f"{family}_bucket" and "le" in given else None
            key = _Key(family, sample, tuple(sorted(given.items())), help_text, bound)
        except (TypeError, ValueError, AttributeError):
            self._guard.note("reading the name of a series")
            return None
        if is_mark(text):
            return None
        if len(self._keys) >= _MOST_REMEMBERED:
            self._keys.clear()
        self._keys[text] = key
        return key


def _text(name: str, family: _Family, style: Format) -> str:
    named = f"{name}_total" if family.kind == "counter" else name
    lines = _histogram(name, family) if family.kind == "histogram" else _simple(family)
    return header(named, family.kind, family.help, style) + "".join(lines)


def _simple(family: _Family) -> Iterable[str]:
    for (_, pid), (key, (value, _)) in family.values.items():
        pairs = [*key.pairs, ("pid", pid)] if pid else key.pairs
        yield f"{key.sample}{labels(pairs)} {number(value)}\n"


def _histogram(name: str, family: _Family) -> Iterable[str]:
    sums: dict[tuple[tuple[str, str], ...], float] = {}
    buckets: dict[tuple[tuple[str, str], ...], dict[float, float]] = {}
    for key, (value, _) in family.values.values():
        if key.bound is None:
            sums[key.pairs] = value
        else:
            buckets.setdefault(key.pairs, {})[key.bound] = value
    for pairs, counts in buckets.items():
        sofar = 0.0
        for bound in sorted(counts):
            sofar += counts[bound]
            yield f"{name}_bucket{labels([*pairs, ('le', number(bound))])} {number(sofar)}\n"
        yield f"{name}_count{labels(pairs)} {number(sofar)}\n"
        if pairs in sums:
            yield f"{name}_sum{labels(pairs)} {number(sums[pairs])}\n"
