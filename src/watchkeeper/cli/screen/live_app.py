"""The live screen as a textual application: it reads in threads, and draws only the lines that changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from watchkeeper.cli.screen.frame import Scene, frame
from watchkeeper.cli.screen.styled_lines import Line, Look
from watchkeeper.cli.screen.view import View, all_rows, position, press, shown_objectives
from watchkeeper.overview.objective_detail import Detail
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.snapshot import Snapshot

_COLORS = {"red", "green", "yellow", "magenta", "cyan"}
_TICK_SECONDS = 1.0
_SOON_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the screen gets what it shows; both functions may take long and run in a thread."""

    read: Callable[[], Snapshot]
    detail: Callable[[Objective], Detail]
    links: Sequence[tuple[str, str]] = ()
    seconds: float = 5.0


class Board(Widget):
    """Draws given lines as they are."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._lines: tuple[Line, ...] = ()

    def show(self, lines: tuple[Line, ...]) -> None:
        """Draw the lines that differ from those on the screen, which spares slow connections."""
        changed = [
            index
            for index, line in enumerate(lines)
            if index >= len(self._lines) or line != self._lines[index]
        ]
        self._lines = lines
        if changed:
            self.refresh(*(Region(0, index, self.size.width, 1) for index in changed))

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        spans = self._lines[y] if y < len(self._lines) else ()
        segments = [Segment(text, _style(style)) for text, style in spans]
        return Strip(segments).adjust_cell_length(self.size.width, Style())


def _style(words: str) -> Style:
    # No background: the terminal's own is right in light and in dark ones.
    colored = not os.environ.get("NO_COLOR")
    return Style.parse(" ".join(word for word in words.split() if colored or word not in _COLORS))


class LiveApp(App[None]):
    """The live screen of `watchkeeper status`."""

    CSS = "Screen, Board { background: ansi_default; color: ansi_default; width: 100%; height: 100%; }"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = []

    def __init__(self, feed: Feed, first: Snapshot, look: Look) -> None:
        """Show the first reading at once, and read again every `feed.seconds`."""
        super().__init__(ansi_color=True)
        self._feed = feed
        self._seen = first
        self._look = look
        self._chosen = View()
        self._opened: tuple[str, Detail] | None = None
        self._board = Board()

    def compose(self) -> ComposeResult:
        """Return the only widget."""
        yield self._board

    def on_mount(self) -> None:
        """Start the readings and the clock of stale sources."""
        self.set_interval(self._feed.seconds, self._read_again)
        self.set_interval(_TICK_SECONDS, self._draw)
        # The first reading left out what takes long; the second one may not delay the first screen.
        self.set_timer(_SOON_SECONDS, self._read_again)

    def on_resize(self, _: events.Resize) -> None:
        """Draw the new size, once it is the board's."""
        self.call_after_refresh(self._draw)

    def on_key(self, event: events.Key) -> None:
        """Change the view, and draw it."""
        event.prevent_default().stop()
        shown = shown_objectives(self._chosen, all_rows(self._chosen, self._seen))
        before, self._chosen = self._chosen, press(self._chosen, event.key, event.character, shown)
        if self._chosen.quits:
            self.exit()
            return
        if self._chosen.page != before.page:
            self._read_detail()
        self._draw()

    def _selected(self) -> Objective | None:
        shown = shown_objectives(self._chosen, all_rows(self._chosen, self._seen))
        return shown[position(self._chosen, shown)] if shown else None

    def _draw(self) -> None:
        row = self._selected()
        detail = self._opened[1] if self._opened and row and self._opened[0] == row.name else None
        scene = Scene(self._seen, self._chosen, self._look, time.time(), detail, self._feed.links)
        drawn = frame(scene, self.size.width, self.size.height)
        self._chosen = replace(self._chosen, offset=drawn.offset)
        self._board.show(drawn.lines)

    def _read_again(self) -> None:
        if not any(worker.group == "read" and worker.is_running for worker in self.workers):
            self.run_worker(self._read, group="read", thread=True)
        self._read_detail()

    def _read(self) -> None:
        seen = self._feed.read()
        self.call_from_thread(self._take, seen)

    def _take(self, seen: Snapshot) -> None:
        self._seen = seen
        self._draw()

    def _read_detail(self) -> None:
        row = self._selected()
        if row is not None and self._chosen.page in ("objective", "links"):
            self.run_worker(lambda: self._open(row), group="detail", exclusive=True, thread=True)

    def _open(self, row: Objective) -> None:
        detail = self._feed.detail(row)
        self.call_from_thread(self._take_detail, row.name, detail)

    def _take_detail(self, name: str, detail: Detail) -> None:
        self._opened = (name, detail)
        self._draw()
