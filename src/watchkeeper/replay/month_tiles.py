"""Rollups, and their sums since a month or quarter began, as `plan.slo.calendar_budget` has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from watchkeeper.model.calendar_window import CalendarWindow
from watchkeeper.model.slo import TILE
from watchkeeper.plan.slo.recording_rule import NEVER_ZERO
from watchkeeper.replay.grid import Sums, Values

_NEVER_ZERO = float(NEVER_ZERO)
_TILE = int(TILE.seconds)


@dataclass(frozen=True)
class Tiles:
    """The rollups: for each its moment, all and bad events a second."""

    moments: Sequence[int]
    total: Values
    bad: Values


class MonthTiles:
    """The bad events and the error ratios of a month or quarter, at each of its rollups.

    A rollup of two months counts for the older one.
    """

    def __init__(self, calendar: CalendarWindow, tiles: Tiles) -> None:
        self._calendar, self._span = calendar, (0, 0)
        self.begins = [self.span(moment - _TILE)[0] for moment in tiles.moments]
        self.events: list[float | None] = []
        self.ratios: list[float | None] = []
        for _, alike in groupby(range(len(self.begins)), key=lambda index: self.begins[index]):
            self._add(list(alike), tiles)

    def _add(self, own: Sequence[int], tiles: Tiles) -> None:
        total, bad = (Sums([values[index] for index in own]) for values in (tiles.total, tiles.bad))
        size = len(own)
        seconds = [self._length(tiles.moments[index] - _TILE) for index in own]
        rows = zip(
            bad.over(size), bad.counted(size), total.over(size), total.counted(size), seconds, strict=True
        )
        for lost, lost_count, every, every_count, length in rows:
            events = lost * min(length / lost_count, _TILE) if lost_count and every_count else None
            self.events.append(events)
            mean = every / every_count if every_count else 0.0
            self.ratios.append(None if events is None else events / max(mean * length, _NEVER_ZERO))

    def span(self, at: int) -> tuple[int, int]:
        """Return where the month or quarter of a moment begins and ends, in Unix seconds."""
        if not self._span[0] <= at < self._span[1]:
            self._span = self._calendar.span(at)
        return self._span

    def _length(self, at: int) -> int:
        start, end = self.span(at)
        return end - start

    def is_own(self, tile: int, now: int) -> bool:
        """Return whether a rollup belongs to the month or quarter of now."""
        return self.span(tile - _TILE)[0] == self.span(now)[0]
