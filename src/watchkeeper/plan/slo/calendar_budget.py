"""The error ratio of the month or quarter of now: its rollups are known by a label that says when it began.

A selector's range must be constant, and a month's is not. So each rollup is recorded a second time with the beginning
of its month as a label, and the sum over a range that is longer than any month leaves out those of the month before.
Nothing is accumulated: whatever a restart or a gap has lost, every other rollup counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE
from watchkeeper.plan.calendar.calendar_series import CalendarSeries
from watchkeeper.plan.slo.recording_rule import NEVER_ZERO

_DAY = Duration.parse("1d")
_BY = f"by ({naming.BEGINS_LABEL})"


@dataclass(frozen=True, slots=True)
class CalendarBudget:
    """The expressions of an objective over its `calendar`, whose longest month or quarter is `longest`."""

    calendar: CalendarSeries
    slo_id: str
    longest: Duration

    @property
    def unit(self) -> str:
        """Return what the names of series call the window."""
        return self.calendar.window.unit

    @property
    def range(self) -> Duration:
        """Return a range that contains every month or quarter, with the hour for which the clock is set back."""
        return Duration(self.longest.milliseconds + _DAY.milliseconds)

    def rollup(self, tile: str) -> str:
        """Return PromQL for a rollup that has just been recorded, with the beginning of its month as a label."""
        return f"max({self.own(tile)})\n*\non () group_right ()\n{self.calendar.of_rollup}"

    def events(self, tile: str) -> str:
        """Return PromQL for the events of a rollup's series since the beginning, which stays as a label."""
        counted, rate = self._count(tile), self._sum(tile)
        each = f"clamp_max(\n  {self.calendar.seconds_now} / on ({naming.BEGINS_LABEL}) {counted},\n  {TILE.seconds:f}\n)"
        return f"{rate}\n*\n{each}"

    def share(self, events: str, total: str) -> str:
        """Return PromQL for these events as a share of those of the whole month at the mean traffic since it began."""
        mean = f"{self._sum(total)} / {self._count(total)}"
        return f"{events}\n/\nclamp_min({mean} * on ({naming.BEGINS_LABEL}) ({self.calendar.seconds_now}), {NEVER_ZERO})"

    def newest(self, series: str, range_: Duration) -> str:
        """Return PromQL for the newest value of a series of rollups since the beginning; none before the first."""
        recorded = f"last_over_time({self.own(series)}[{range_}])"
        return f"max({recorded} and on ({naming.BEGINS_LABEL}) {self.calendar.now})"

    def recorded(self, series: str) -> str:
        """Return PromQL for a series that has just been recorded, with its beginning as a label."""
        return f"max {_BY} ({self.own(series)})"

    def _sum(self, tile: str) -> str:
        return f"sum {_BY} (sum_over_time({self.own(naming.calendar_tile(tile))}[{self.range}]))"

    def _count(self, tile: str) -> str:
        return f"sum {_BY} (count_over_time({self.own(naming.calendar_tile(tile))}[{self.range}]))"

    def own(self, series: str) -> str:
        """Return a selector of one of the objective's recorded series."""
        return f'{series}{{slo_id="{self.slo_id}"}}'
