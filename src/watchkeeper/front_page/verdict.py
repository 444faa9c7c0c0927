"""The first line of the page: in one sentence, whether somebody has to act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final

from watchkeeper.overview.snapshot import Snapshot, Source
from watchkeeper.overview.value_rows import shown_name

SINKS: Final = "sinks"
_OLD_SECONDS = 30.0
_NAMED = 2
_LONGEST = 80
_SPENDING: Final = (
    (("spent",), "has no error budget left", "have no error budget left"),
    (("firing", "burning"), "burns its error budget", "burn their error budgets"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sign` and `kind` say the same by shape and by color; `lines` are further faults, one a line."""

    sign: str
    kind: str
    text: str
    lines: tuple[str, ...]


def verdict(seen: Snapshot | None, *, now: float) -> Verdict:
    """Return the verdict about what was read; None when nothing was yet."""
    if seen is None:
        return Verdict("?", "none", "The servers of the stack have not answered yet.", ())
    if now - seen.time > _OLD_SECONDS:
        # After a pause the first look must not take an hour ago for now.
        return Verdict("?", "none", f"Reading again: what follows is from {_clock(seen.time)}.", ())
    lines = tuple(_lines(seen))
    silent = next((one for one in seen.sources if one.name == "Prometheus" and one.problem), None)
    if silent is not None:
        return Verdict("?", "risk", f"Unknown: {_silence(silent)}", lines[1:])
    if faults := tuple(_faults(seen)):
        return Verdict("✘", "missed", f"{'; '.join(faults)}.", lines)
    silent_objectives, known = sum(one.state == "no data" for one in seen.summed), len(seen.summed)
    if silent_objectives == known:
        return Verdict("?", "none", "No alert fires, and no error budget has been recorded yet.", lines)
    if silent_objectives:
        lines = (*lines, f"{silent_objectives} of {known} objectives have no data.")
    if lines:
        return Verdict("▲", "risk", "No budget burns and no alert fires, but something is wrong.", lines)
    return Verdict("✔", "met", "All is well: no budget burns, and no alert fires.", ())


def _faults(seen: Snapshot) -> Iterator[str]:
    firing = list(dict.fromkeys(one.name for one in seen.alerts if one.is_fault))
    if firing:
        yield f"{_named(firing)} {'fire' if len(firing) > 1 else 'fires'}"
    for states, one, many in _SPENDING:
        spending = [shown_name(row) for row in seen.summed if row.state in states]
        if spending:
            yield f"{_named(spending)} {many if len(spending) > 1 else one}"


def _lines(seen: Snapshot) -> Iterator[str]:
    for one in seen.sources:
        # The sinks run only where the secret of a receiver is missing.
        if one.problem and one.name != SINKS:
            yield _silence(one)
    missing = seen.total - seen.up
    if missing:
        yield f"{missing} of {seen.total} targets {'do' if missing > 1 else 'does'} not answer."
    failed = sum(one.failed for one in seen.sent)
    if failed:
        yield f"{failed} notification{'s' if failed > 1 else ''} failed in the last hour."


def _silence(source: Source) -> str:
    since = f"; it answered last at {_clock(source.answered)}" if source.answered else ""
    return f"{source.name} does not answer ({source.problem}){since}."


def _clock(when: float) -> str:
    return f"{datetime.fromtimestamp(when, timezone.utc):%H:%M:%S} UTC"


def _named(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - _NAMED
    shown = [*map(_apart, names[:_NAMED]), *([f"{more} more"] if more > 0 else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _apart(name: str) -> str:
    """Return a name that neither fills the page nor turns the direction of the words after it."""
    cut = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return cut if cut.isascii() else f"\u2068{cut}\u2069"
