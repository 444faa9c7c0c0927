"""What the live screen shows, and how each key changes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from watchkeeper.overview.alert_rows import Alert
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.snapshot import Snapshot
from watchkeeper.overview.value_rows import value_of

Page = Literal["overview", "objective", "help", "links"]
Pane = Literal["objectives", "alerts", "targets", "notifications"]
Sort = Literal["worst", "burn", "budget", "name"]
PANES: Final[tuple[Pane, ...]] = get_args(Pane)
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
_PAGE_ROWS = 10


@dataclass(frozen=True, slots=True)
class View:
    """The page, its order and filter, and the selected objective; an empty `selected` is the first one.

    `offset` is how many rows of a page, or of another pane than the objectives, are scrolled away. `before` is the
    page from which help and links were opened.
    """

    page: Page = "overview"
    pane: Pane = "objectives"
    sort: Sort = "worst"
    only_faults: bool = False
    every_value: bool = False
    pattern: str = ""
    is_typing: bool = False
    selected: str = ""
    offset: int = 0
    before: Page = "overview"
    quits: bool = False


def shown_objectives(view: View, rows: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return the objectives that the filter and `a` leave, in the chosen order; they come worst first."""
    matches = _matcher(view.pattern)
    left = [row for row in rows if (row.is_fault or not view.only_faults) and matches(_searched(row))]
    if view.sort == "burn":
        left.sort(key=lambda row: -(row.burn_1h or 0.0))
    elif view.sort == "budget":
        left.sort(key=lambda row: 1.0 if row.remaining is None else row.remaining)
    elif view.sort == "name":
        left.sort(key=lambda row: row.name)
    return tuple(left)


def all_rows(view: View, seen: Snapshot) -> tuple[Objective, ...]:
    """Return a row for each objective, or for each value of its label."""
    return seen.objectives if view.every_value else seen.summed


def shown_alerts(view: View, rows: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return the alerts that the filter leaves."""
    matches = _matcher(view.pattern)
    return tuple(row for row in rows if matches(f"{row.name} {row.service} {row.severity} {row.state}"))


def _searched(row: Objective) -> str:
    return " ".join((row.name, row.state, *row.labels.values(), *map(value_of, row.values)))


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Return a test for a pattern: a regular expression, or plain text if it is none; `!` in front inverts it."""
    inverse = pattern.startswith("!")
    text = pattern[1:] if inverse else pattern
    if not text:
        return lambda _: True
    try:
        expression = re.compile(text, re.IGNORECASE)
    except re.error:
        expression = re.compile(re.escape(text), re.IGNORECASE)
    return lambda searched: (expression.search(searched) is None) == inverse


def position(view: View, rows: Sequence[Objective]) -> int:
    """Return the index of the selected objective; rows move, and the selection stays with its objective."""
    return next((index for index, row in enumerate(rows) if row.name == view.selected), 0)


def press(view: View, key: str, character: str | None, rows: Sequence[Objective]) -> View:
    """Return the view after a key; `rows` are the shown objectives."""
    if key == "ctrl+c":
        return replace(view, quits=True)
    if view.is_typing:
        return _type(view, key, character)
    action = _ACTIONS.get(key) or _ACTIONS.get(character or "")
    return action(view, rows) if action else view


def _type(view: View, key: str, character: str | None) -> View:
    if key == "escape":
        return replace(view, is_typing=False, pattern="", selected="")
    if key == "enter":
        return replace(view, is_typing=False)
    if key in ("backspace", "ctrl+h"):
        return replace(view, pattern=view.pattern[:-1], selected="")
    if key == "ctrl+u":
        return replace(view, pattern="", selected="")
    if character and character.isprintable():
        return replace(view, pattern=view.pattern + character, selected="")
    return view


def _back(view: View, _: Sequence[Objective]) -> View:
    """Leave the page; on the overview, the pane, then the filter."""
    if view.page in ("help", "links"):
        return replace(view, page=view.before, offset=0)
    if view.page == "objective":
        return replace(view, page="overview", offset=0)
    if view.pane != "objectives":
        return replace(view, pane="objectives", offset=0)
    return replace(view, pattern="", only_faults=False)


def _move(step: int) -> Callable[[View, Sequence[Objective]], View]:
    def move(view: View, rows: Sequence[Objective]) -> View:
        if view.page != "overview" or view.pane != "objectives":
            return replace(view, offset=max(0, view.offset + step))
        if not rows:
            return view
        index = max(0, min(len(rows) - 1, position(view, rows) + step))
        return replace(view, selected=rows[index].name)

    return move


def _open(view: View, rows: Sequence[Objective]) -> View:
    if view.page != "overview" or not rows:
        return view
    return replace(view, page="objective", offset=0, selected=rows[position(view, rows)].name)


def _sort(view: View, _: Sequence[Objective]) -> View:
    if view.page != "overview":
        return view
    return replace(view, sort=SORTS[(SORTS.index(view.sort) + 1) % len(SORTS)])


def _only_faults(view: View, _: Sequence[Objective]) -> View:
    return replace(view, only_faults=not view.only_faults) if view.page == "overview" else view


def _every_value(view: View, _: Sequence[Objective]) -> View:
    return replace(view, every_value=not view.every_value) if view.page == "overview" else view


def _filter(view: View, _: Sequence[Objective]) -> View:
    return replace(view, is_typing=True) if view.page == "overview" else view


def _next_pane(step: int) -> Callable[[View, Sequence[Objective]], View]:
    def move(view: View, _: Sequence[Objective]) -> View:
        if view.page != "overview":
            return view
        return replace(view, pane=PANES[(PANES.index(view.pane) + step) % len(PANES)], offset=0)

    return move


def _beside(page: Page) -> Callable[[View, Sequence[Objective]], View]:
    def turn(view: View, rows: Sequence[Objective]) -> View:
        if view.page == page:
            return _back(view, rows)
        before = view.before if view.page in ("help", "links") else view.page
        return replace(view, page=page, before=before, offset=0)

    return turn


def _quit(view: View, _: Sequence[Objective]) -> View:
    return replace(view, quits=True)


_ALL = 1_000_000
_ACTIONS: dict[str, Callable[[View, Sequence[Objective]], View]] = {
    "q": _quit,
    "?": _beside("help"),
    "o": _beside("links"),
    "/": _filter,
    "s": _sort,
    "a": _only_faults,
    "v": _every_value,
    "escape": _back,
    "enter": _open,
    "j": _move(1),
    "down": _move(1),
    "k": _move(-1),
    "up": _move(-1),
    "pagedown": _move(_PAGE_ROWS),
    "pageup": _move(-_PAGE_ROWS),
    "g": _move(-_ALL),
    "home": _move(-_ALL),
    "G": _move(_ALL),
    "end": _move(_ALL),
    "tab": _next_pane(1),
    "shift+tab": _next_pane(-1),
}
