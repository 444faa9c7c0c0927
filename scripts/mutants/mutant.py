"""All mutants of the rendered rules, in the order of the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.mutants import amounts, selectors, structure
from scripts.mutants.edit import Edit
from scripts.mutants.rules import Rule, rules_of

_OPERATORS: tuple[Callable[[Rule], Iterator[Edit]], ...] = (
    amounts.numbers,
    amounts.windows,
    amounts.other_windows,
    structure.operators,
    structure.operands,
    structure.functions,
    selectors.matched,
    selectors.swapped_series,
    selectors.labelled,
    amounts.times,
    structure.dropped,
    structure.grouped,
    structure.written,
)


_LEAST_OF_A_KIND = 6


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed rule. `id` is the same in every run on the same rules; `path` is relative to the root."""

    id: str
    kind: str
    path: Path
    line: int
    rule: str
    is_alert: bool
    words: str
    text: str

    @property
    def place(self) -> str:
        """Return the file and line of the change."""
        return f"{self.path}:{self.line}"


def mutants_of(path: Path, text: str) -> Iterator[Mutant]:
    """Yield the mutants of a rule file, those that read the same as another or as the original left out."""
    seen = {text}
    for rule in rules_of(path, text):
        counted: Counter[str] = Counter()
        for operator in _OPERATORS:
            for edit in operator(rule):
                changed = edit.applied(text)
                if changed in seen:
                    continue
                seen.add(changed)
                counted[edit.kind] += 1
                name = f"{path.stem}/{rule.name}/{edit.kind.replace(' ', '-')}-{counted[edit.kind]}"
                line = text.count("\n", 0, _visible(text, edit.start)) + 1
                yield Mutant(name, edit.kind, path, line, rule.name, rule.is_alert, edit.words(text), changed)


def sampled(mutants: Sequence[Mutant], count: int) -> list[Mutant]:
    """Return about so many, in their order and the same in every run: of each kind its share, and at least a few."""
    chosen: set[str] = set()
    for kind in dict.fromkeys(one.kind for one in mutants):
        alike = [one.id for one in mutants if one.kind == kind]
        wanted = min(len(alike), max(_LEAST_OF_A_KIND, round(count * len(alike) / len(mutants))))
        chosen |= {alike[index * len(alike) // wanted] for index in range(wanted)}
    return [one for one in mutants if one.id in chosen]


def _visible(text: str, place: int) -> int:
    """Return the first place from here on that is not white space: a cut begins at the end of a line."""
    while place < len(text) and text[place].isspace():
        place += 1
    return place
