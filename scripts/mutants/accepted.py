"""The survivors that are known, each with the reason why no proof can distinguish it from the original."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from scripts.mutants.mutant import Mutant

LISTED = Path(__file__).with_name("equivalent.yml")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Mutants whose id and words fit the patterns may live, for this reason."""

    id: str
    words: str
    reason: str

    def fits(self, mutant: Mutant) -> bool:
        """Return whether the mutant is one of these."""
        return fnmatchcase(mutant.id, self.id) and fnmatchcase(mutant.words, self.words)


def accepted(listed: Path = LISTED) -> tuple[Accepted, ...]:
    """Return a committed list; raise ValueError for an entry without a reason."""
    entries = yaml.safe_load(listed.read_text(encoding="utf-8"))
    found = tuple(
        Accepted(pattern, entry.get("words", "*"), " ".join(str(entry.get("reason", "")).split()))
        for entry in entries
        for pattern in entry["ids"]
    )
    for one in found:
        if not one.reason:
            raise ValueError(f"{listed.name}: {one.id} has no reason")
    return found


def reason_for(mutant: Mutant, known: Iterable[Accepted]) -> str:
    """Return why a mutant may live, nothing when it must not."""
    return next((one.reason for one in known if one.fits(mutant)), "")
