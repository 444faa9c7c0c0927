"""The rendered proofs one test at a time, cheapest first: most mutants die early, and promtool runs files to their end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scripts.mutants.amounts import seconds

_TEST = re.compile(r"^  - name: ", re.MULTILINE)
_TITLE = re.compile(r"^  - name: '?(.*?)'?$", re.MULTILINE)
_RULES = re.compile(r"^  - (\S+\.yml)$", re.MULTILINE)
_INTERVAL = re.compile(r"^evaluation_interval: (\w+)$", re.MULTILINE)
_MOMENT = re.compile(r"^        eval_time: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Proof:
    """One test as a file of its own. `rules` are the files that it loads; all paths are relative to the root.

    `further` are files that one promtool plays with it: tests of a moment each are quicker together than alone.
    """

    path: Path
    title: str
    text: str
    rules: tuple[Path, ...]
    further: tuple[tuple[Path, str], ...] = ()

    @property
    def evaluations(self) -> float:
        """Return how many evaluations it takes: what it costs."""
        interval = _INTERVAL.search(self.text)
        last = max((seconds(moment) for moment in _MOMENT.findall(self.text)), default=0.0)
        return last / seconds(interval[1]) if interval else last


def proofs_of(files: Mapping[Path, str]) -> list[Proof]:
    """Return all tests of proof files, cheapest first; the order is the same in every run."""
    found = [proof for path, text in files.items() for proof in _single(path, text)]
    return sorted(found, key=lambda proof: (proof.evaluations, proof.path))


def _single(path: Path, text: str) -> Iterator[Proof]:
    starts = [match.start() for match in _TEST.finditer(text)]
    if not starts:
        return
    head = text[: starts[0]]
    rules = tuple(_joined(path.parent, rule) for rule in _RULES.findall(head))
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), 1):
        test = text[start:end]
        title = _TITLE.match(test)
        yield Proof(
            path.with_name(f"{path.stem}-{number:02}.yml"), title[1] if title else "", head + test, rules
        )


def _joined(folder: Path, relative: str) -> Path:
    """Return a path relative to the root of what a proof file calls relative to itself."""
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(relative).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return Path(*parts)
