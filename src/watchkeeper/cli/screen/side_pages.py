"""The pages of help and of links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.cli.screen.styled_lines import STATE_STYLES, Line, Look, printable
from watchkeeper.overview.objective_detail import Detail
from watchkeeper.overview.objective_rows import STATES, Objective, State
from watchkeeper.overview.snapshot import Snapshot

_KEYS = (
    ("j k, arrows", "move; g and G to the first and last; also page up and down"),
    ("enter", "open the objective: windows, and what its alerts need"),
    ("esc", "back; on the overview, clear the filter"),
    ("/", "filter by name, label, state: a regular expression; ! inverts it"),
    ("s", "sort: worst first, burn rate, budget left, name"),
    ("a", "show only what burns, is spent or fires"),
    ("v", "a row for each value of a label, or one for the worst"),
    ("tab", "give the alerts, targets or notifications more room"),
    ("o", "addresses to open in a browser"),
    ("q, ctrl-c", "quit"),
)
_MEANINGS: dict[State, str] = {
    "firing": "a burn alert of the objective fires",
    "spent": "nothing is left of the error budget",
    "burning": "the burn rate of the last hour is over 1",
    "no data": "Prometheus has no events to count",
    "idle": "no event happened in the last minute",
    "ok": "the budget outlasts its window",
}


def help_page(look: Look) -> list[Line]:
    """Return the keys, and what the states mean."""
    lines: list[Line] = [(("KEYS", "bold"),)]
    lines += [((f"  {key:<13}", "bold"), (text, "")) for key, text in _KEYS]
    lines += [(), (("STATES", "bold"),)]
    lines += [
        ((f"  {look.shapes[state]} {state:<11}", STATE_STYLES[state]), (_MEANINGS[state], ""))
        for state in STATES
    ]
    return lines


def links_page(
    seen: Snapshot,
    links: Sequence[tuple[str, str]],
    row: Objective | None,
    detail: Detail | None,
    width: int,
) -> list[Line]:
    """Return the addresses of the sources and pages, and those of the selected objective; none is cut."""
    named = list(links) or [(source.name, source.address) for source in seen.sources]
    lines: list[Line] = [(("LINKS", "bold"),), *_links(named, width)]
    if row is None or detail is None:
        return lines
    boards = dict.fromkeys(alert.dashboard for alert in detail.alerts if alert.dashboard)
    own = [("dashboard", url) for url in boards]
    own += [
        (f"runbook of {alert.kind.replace('_', ' ')}", alert.runbook)
        for alert in detail.alerts
        if alert.runbook
    ]
    return [*lines, (), ((printable(row.name), "bold"),), *_links(own, width)]


def _links(named: Sequence[tuple[str, str]], width: int) -> Iterator[Line]:
    for name, url in named:
        text = printable(url)
        if len(text) <= width - 16 and len(name) < 14:
            yield ((f"  {name:<14}", ""), (text, "cyan"))
            continue
        yield ((f"  {name}", ""),)
        room = max(10, width - 4)
        yield from ((("    ", ""), (text[at : at + room], "cyan")) for at in range(0, len(text), room))
