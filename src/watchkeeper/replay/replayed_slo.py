"""What the rules of one objective would have recorded, computed from its events as `plan.slo.recordings` writes them.

The rules are those that start at the first moment: what was before it counts as healthy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE
from watchkeeper.plan.slo.base_window import FROM_BASE
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.recording_rule import NEVER_ZERO
from watchkeeper.replay.grid import Grid, Sums, Values
from watchkeeper.replay.month_tiles import MonthTiles, Tiles

_NEVER_ZERO = float(NEVER_ZERO)
_TILE = int(TILE.seconds)
_GUARD, _COARSE = 30, 60
_FINE_UP_TO, _COVERED_FROM = 7_200, 1_800


@dataclass(frozen=True)
class ReplayedSlo:
    """One objective with its events a second at each evaluation, as its two base rules record them."""

    slo: PlannedSlo
    grid: Grid
    total: Values
    bad: Values

    @cached_property
    def _sums(self) -> tuple[Sums, Sums]:
        return Sums(self.total), Sums(self.bad)

    @cached_property
    def tiles(self) -> Tiles:
        """Return the rollups of every five minutes; a part without samples counts as healthy."""
        steps = self.grid.steps(_TILE)
        total, bad = self._sums
        counted = list(zip(total.counted(steps), bad.counted(steps), strict=True))
        sums = list(zip(total.over(steps), bad.over(steps), strict=True))
        at = [index for index in range(self.grid.count) if self._is_tile(index)]
        share = self.grid.step / _TILE
        return Tiles(
            [self.grid.moment(index) for index in at],
            [sums[index][0] / counted[index][0] if counted[index][0] else None for index in at],
            [
                sums[index][1] / counted[index][1] * min(counted[index][1] * share, 1)
                if counted[index][1]
                else None
                for index in at
            ],
        )

    def _is_tile(self, index: int) -> bool:
        # The first evaluation at or after each multiple of five minutes.
        return self.grid.moment(index) % _TILE < self.grid.step

    def error_ratio(self, window: Duration) -> Values:
        """Return the recorded error ratio over a window, at each moment."""
        seconds = int(window.seconds)
        return self._ratio(seconds) if window <= FROM_BASE else self._ratio_from_tiles(window)

    def bad_events(self, window: Duration) -> Values:
        """Return the bad events in a window as the minimum-events guards count them, at each moment."""
        seconds = int(window.seconds)
        if window > FROM_BASE:
            return self._held(self.of_tiles(window)[0])
        step = _GUARD if seconds <= _FINE_UP_TO else _COARSE
        steps = self.grid.steps(seconds)
        if step % self.grid.step:
            # An evaluation stands for several steps of the subquery.
            return [one * self.grid.step for one in self._sums[1].over(steps)]
        aligned = [
            one if self.grid.moment(index) % step < self.grid.step else None
            for index, one in enumerate(self.bad)
        ]
        return [one * step for one in Sums(aligned).over(steps)]

    @cached_property
    def remaining(self) -> Values:
        """Return the share of the error budget that is left, at each moment."""
        budget = float(self.slo.budget)
        return [None if one is None else 1 - one / budget for one in self.budget_ratio]

    @cached_property
    def budget_ratio(self) -> Values:
        """Return the error ratio over the objective's own window, at each moment."""
        if self.month is None:
            return self.error_ratio(self.slo.parameters.window)
        # Before the first rollup of a month nothing of its budget is spent.
        held = self._held(self.month.ratios, self.month)
        return [
            new if new is not None else None if every is None else 0.0
            for new, every in zip(held, self.total, strict=True)
        ]

    @property
    def budget_events(self) -> Values:
        """Return the bad events in the objective's own window, at each moment."""
        if self.month is None:
            return self.bad_events(self.slo.parameters.window)
        return self._held(self.month.events, self.month)

    @cached_property
    def month(self) -> MonthTiles | None:
        """Return the rollups of the months or quarters, None for a rolling window."""
        calendar = self.slo.spec.calendar
        return None if calendar is None else MonthTiles(calendar, self.tiles)

    def _ratio(self, seconds: int) -> Values:
        steps = self.grid.steps(seconds)
        total, bad = self._sums
        counts = total.counted(steps)
        found = zip(bad.over(steps), total.over(steps), bad.counted(steps), counts, strict=True)
        ratios = [
            lost / max(every, _NEVER_ZERO) if has_bad and has_total else None
            for lost, every, has_bad, has_total in found
        ]
        if seconds <= _COVERED_FROM:
            return ratios
        share = self.grid.step / seconds
        return [
            None if ratio is None else ratio * min(count * share, 1)
            for ratio, count in zip(ratios, counts, strict=True)
        ]

    def _ratio_from_tiles(self, window: Duration) -> Values:
        held = self._held(self.of_tiles(window)[1])
        part = float(FROM_BASE.seconds / window.seconds)
        young = self._ratio(int(FROM_BASE.seconds))
        return [
            new if new is not None else None if short is None else short * part
            for new, short in zip(held, young, strict=True)
        ]

    def of_tiles(self, window: Duration) -> tuple[Values, Values]:
        """Return for each rollup the bad events of the window that ends with it, and its error ratio."""
        seconds = int(window.seconds)
        steps = seconds // _TILE
        total, bad = Sums(self.tiles.total), Sums(self.tiles.bad)
        rows = zip(bad.over(steps), bad.counted(steps), total.over(steps), total.counted(steps), strict=True)
        found: list[float | None] = []
        ratios: list[float | None] = []
        for lost, lost_count, every, every_count in rows:
            has_both = lost_count and every_count
            events = lost * min(seconds / lost_count, _TILE) if has_both else None
            found.append(events)
            ratios.append(
                None if events is None else events / max(every / every_count * seconds, _NEVER_ZERO)
            )
        return found, ratios

    def _held(self, values: Values, month: MonthTiles | None = None) -> Values:
        """Return at each moment the newest value of those that are recorded with the rollups, up to six hours old.

        Of those of a `month`, one of the month before is none.
        """
        newest: tuple[int, float] | None = None
        held: list[float | None] = []
        waiting = iter(zip(self.tiles.moments, values, strict=True))
        following = next(waiting, None)
        for index in range(self.grid.count):
            now = self.grid.moment(index)
            while following is not None and following[0] <= now:
                if following[1] is not None:
                    newest = (following[0], following[1])
                following = next(waiting, None)
            is_fresh = newest is not None and now - newest[0] < FROM_BASE.seconds
            is_own = is_fresh and newest is not None and (month is None or month.is_own(newest[0], now))
            held.append(newest[1] if is_own and newest is not None else None)
        return held
