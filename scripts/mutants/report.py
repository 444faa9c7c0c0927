"""What the run found, as tables for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from scripts.mutants.accepted import Accepted, reason_for
from scripts.mutants.trial import Verdict

LEAST_SHARE = 0.97


@dataclass(frozen=True, slots=True)
class Outcome:
    """All verdicts with the reasons for survivors. Refused mutants prove nothing and are counted apart."""

    verdicts: tuple[Verdict, ...]
    known: tuple[Accepted, ...]

    @property
    def tried(self) -> list[Verdict]:
        """Return the verdicts on mutants that are rules at all."""
        return [one for one in self.verdicts if one.fate != "refused"]

    @property
    def survivors(self) -> list[tuple[Verdict, str]]:
        """Return survivors with the reason, empty for those that are holes."""
        return [(one, reason_for(one.mutant, self.known)) for one in self.verdicts if one.fate == "survived"]

    @property
    def killed(self) -> int:
        """Return how many mutants a proof noticed."""
        return sum(one.fate == "killed" for one in self.verdicts)

    @property
    def is_good(self) -> bool:
        """Return whether enough of those that are not the same rule died, and every survivor has its reason."""
        reasons = [reason for _, reason in self.survivors]
        enough = self.killed >= LEAST_SHARE * (len(self.tried) - sum(map(bool, reasons)))
        return enough and self.killed > 0 and all(reasons)


def text(outcome: Outcome) -> str:
    """Return the tables, the survivors and the sum."""
    parts = [
        _table("KIND", outcome.verdicts, lambda one: one.mutant.kind),
        _table("FILE", outcome.verdicts, lambda one: str(one.mutant.path)),
        *_survivors(outcome),
        _sum(outcome),
    ]
    return "\n\n".join(parts)


def _table(title: str, verdicts: Iterable[Verdict], key: Callable[[Verdict], str]) -> str:
    ordered = sorted(verdicts, key=key)
    groups = [(name, list(group)) for name, group in groupby(ordered, key=key)]
    width = max((len(name) for name, _ in groups), default=4) + 2
    lines = [f"{title:<{width}}{'MUTANTS':>8}{'KILLED':>8}{'REFUSED':>9}{'ALIVE':>7}"]
    for name, group in groups:
        fates = [one.fate for one in group]
        counts = (fates.count("killed"), fates.count("refused"), fates.count("survived"))
        lines.append(f"{name:<{width}}{len(group):>8}{counts[0]:>8}{counts[1]:>9}{counts[2]:>7}")
    return "\n".join(lines)


def _survivors(outcome: Outcome) -> list[str]:
    holes = [_line(one) for one, reason in outcome.survivors if not reason]
    excused = sorted(((reason, _line(one)) for one, reason in outcome.survivors if reason))
    parts = []
    for reason, lines in groupby(excused, key=lambda one: one[0]):
        parts.append("\n".join([f"ALIVE, and the same: {reason}", *(line for _, line in lines)]))
    if holes:
        parts.append("\n".join([f"ALIVE WITHOUT A REASON: {len(holes)}", *holes]))
    return parts


def _line(one: Verdict) -> str:
    return f"  {one.mutant.place}  {one.mutant.words}  ({one.mutant.id})"


def _sum(outcome: Outcome) -> str:
    total, excused = len(outcome.tried), sum(bool(reason) for _, reason in outcome.survivors)
    refused = len(outcome.verdicts) - total
    lines = [f"{outcome.killed} of {total} mutants killed: {_percent(outcome.killed, total)}"]
    lines.append(f"without the {excused} that are the same: {_percent(outcome.killed, total - excused)}")
    if refused:
        lines.append(f"{refused} more were refused by the tool that would load them, and count as neither")
    return "\n".join(lines)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "none"


def as_json(outcome: Outcome) -> str:
    """Return everything for machines."""
    reasons = {one.mutant.id: reason for one, reason in outcome.survivors}
    return json.dumps(
        {
            "killed": outcome.killed,
            "tried": len(outcome.tried),
            "refused": len(outcome.verdicts) - len(outcome.tried),
            "ok": outcome.is_good,
            "mutants": [_entry(one, reasons.get(one.mutant.id, "")) for one in outcome.verdicts],
        },
        indent=2,
        ensure_ascii=False,
    )


def _entry(one: Verdict, reason: str) -> dict[str, object]:
    return {
        "id": one.mutant.id,
        "kind": one.mutant.kind,
        "file": str(one.mutant.path),
        "line": one.mutant.line,
        "change": one.mutant.words,
        "fate": one.fate,
        "proof": one.proof,
        "reason": reason,
    }


def listing(verdictless: Sequence[tuple[str, str, str]]) -> str:
    """Return mutants that were not tried, as place, words and id."""
    return "\n".join(f"{place}  {words}  ({name})" for place, words, name in verdictless)
