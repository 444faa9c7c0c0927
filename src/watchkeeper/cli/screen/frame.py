"""The whole screen as lines, from what was read and what the user chose; pure, so that tests and text use it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.cli.screen import objective_lines
from watchkeeper.cli.screen.objective_page import objective_page
from watchkeeper.cli.screen.pane_lines import alert_lines, notification_lines, target_lines
from watchkeeper.cli.screen.side_pages import help_page, links_page
from watchkeeper.cli.screen.styled_lines import Line, Look, line
from watchkeeper.cli.screen.summary_lines import (
    clock,
    headed,
    idle_lines,
    maintenance_lines,
    receiver_lines,
    service_line,
    source_lines,
    summary,
)
from watchkeeper.cli.screen.view import Pane, View, all_rows, position, shown_alerts, shown_objectives
from watchkeeper.overview.objective_detail import Detail
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.snapshot import Snapshot

_LEAST_ROWS = 3
# How many lines a pane takes while another one has the focus, without its heading.
_BRIEF: dict[Pane, int] = {"alerts": 3, "targets": 2, "notifications": 3}
_ORDERS = {"worst": "worst first", "burn": "by burn rate", "budget": "by budget left", "name": "by name"}


@dataclass(frozen=True, slots=True)
class Frame:
    """The lines of a screen, exactly as many as it has, and the offset that was possible."""

    lines: tuple[Line, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Scene:
    """What a frame shows: the reading, the choices, the opened objective, and the addresses of pages."""

    seen: Snapshot
    view: View
    look: Look
    now: float
    detail: Detail | None = None
    links: Sequence[tuple[str, str]] = ()


def frame(scene: Scene, width: int, height: int) -> Frame:
    """Return the screen of `width` columns and `height` lines."""
    top = [
        headed(summary(scene.seen, scene.look), clock(scene.seen.time), width),
        *source_lines(scene.seen, now=scene.now),
        *maintenance_lines(scene.seen, width),
        *receiver_lines(scene.seen, width),
        *idle_lines(scene.seen, width),
    ]
    room = max(0, height - len(top) - 1)
    body, offset = _body(scene, width, room)
    lines = [*top, *body[:room], *[()] * (room - len(body)), _footer(scene, width)]
    return Frame(tuple(line(each, width) for each in lines[:height]), offset)


def _body(scene: Scene, width: int, room: int) -> tuple[list[Line], int]:
    view = scene.view
    if view.page == "overview":
        return _overview(scene, width, room)
    shown = shown_objectives(view, all_rows(view, scene.seen))
    row = shown[position(view, shown)] if shown else None
    if view.page == "help":
        lines = help_page(scene.look)
    elif view.page == "links":
        lines = links_page(scene.seen, scene.links, row, scene.detail, width)
    else:
        lines = _objective(scene, row)
    return _scrolled(lines, view.offset, room)


def _objective(scene: Scene, row: Objective | None) -> list[Line]:
    if row is None:
        return [(("This objective is not recorded any more.", ""),)]
    return objective_page(row, scene.detail, scene.look)


def _scrolled(lines: list[Line], offset: int, room: int) -> tuple[list[Line], int]:
    offset = max(0, min(offset, len(lines) - room))
    return lines[offset : offset + room], offset


def _overview(scene: Scene, width: int, room: int) -> tuple[list[Line], int]:
    seen, view, look = scene.seen, scene.view, scene.look
    panes: dict[Pane, list[Line]] = {
        "alerts": alert_lines(shown_alerts(view, seen.alerts), look, now=scene.now, width=width),
        "targets": target_lines(seen, look, with_jobs=view.pane == "targets"),
        "notifications": notification_lines(seen, look),
    }
    shown = shown_objectives(view, all_rows(view, seen))
    sizes = {pane: min(len(lines), 1 + _BRIEF[pane]) for pane, lines in panes.items()}
    head = [service_line(seen, look, width)]
    rows = max(_LEAST_ROWS, room - len(head) - 1 - sum(sizes.values()))
    offset = 0
    if view.pane != "objectives":
        # The pane in focus gets the rows that the table does not need.
        spare = room - len(head) - 1 - sum(sizes.values()) - _LEAST_ROWS
        wanted = len(panes[view.pane])
        sizes[view.pane] = min(wanted, sizes[view.pane] + max(0, spare))
        rows = max(_LEAST_ROWS, room - len(head) - 1 - sum(sizes.values()))
        body, offset = _scrolled(panes[view.pane][1:], view.offset, sizes[view.pane] - 1)
        (title, _), *rest = panes[view.pane][0]
        panes[view.pane] = [((title, "bold reverse"), *rest), *body]
    lines = [*head, *_table(scene, shown, width, rows)]
    for pane, content in panes.items():
        lines += content[: sizes[pane]]
    return lines, offset


def _table(scene: Scene, shown: Sequence[Objective], width: int, rows: int) -> list[Line]:
    view, total = scene.view, len(all_rows(scene.view, scene.seen))
    what = f"{_ORDERS[view.sort]}, {len(shown)} of {total}" if len(shown) < total else _ORDERS[view.sort]
    index = position(view, shown)
    first = max(0, min(index - rows // 2, len(shown) - rows))
    is_focused = view.pane == "objectives"
    lines = [
        objective_lines.heading(width, name=what),
        *objective_lines.rows(
            shown,
            width,
            scene.look,
            first=first,
            number=rows,
            selected=index if is_focused else None,
        ),
    ]
    if not shown:
        why = "no objective matches; esc clears the filter" if total else "no recorded objectives (slo:*)"
        lines.append(((f"  {why}", "dim"),))
    return [*lines, *[()] * (rows + 1 - len(lines))]


def _footer(scene: Scene, width: int) -> Line:
    view = scene.view
    if view.is_typing:
        return line(((f"/{view.pattern}", "bold"), ("_", "reverse")), width)
    if view.page != "overview":
        return line((("esc back  j/k scroll  o links  ? help  q quit", "dim"),), width)
    chosen = [f"filter: {view.pattern}"] if view.pattern else []
    chosen += ["only what burns"] if view.only_faults else []
    keys = "? help  / filter  s sort  a only burning  enter open  tab pane  o links  q quit"
    text = f"{', '.join(chosen)} (esc clears)  ? help  q quit" if chosen else keys
    return line(((text, "bold" if chosen else "dim"),), width)
