"""What rules read of a month or quarter: its beginning, its length, and the label that rollups have of it."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.calendar_window import CalendarWindow
from watchkeeper.model.slo import TILE
from watchkeeper.model.zone_clock import UTC

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CalendarSeries:
    """The recorded calendar of a service for one window."""

    service: str
    window: CalendarWindow

    def unnamed(self) -> CalendarSeries:
        """Return it without service and zone: proofs differ by neither."""
        return CalendarSeries("", CalendarWindow(unit=self.window.unit, location="", clock=UTC))

    @property
    def labels(self) -> Pairs:
        """Return the labels by which rules select it."""
        unit, location = self.window.unit, self.window.location
        return ("service", self.service), ("calendar", unit), ("location", location)

    @property
    def begins(self) -> str:
        """Return PromQL for the beginning of the month or quarter of now, in Unix seconds."""
        return f"max({self._one(naming.CALENDAR_BEGINS)})"

    @property
    def seconds(self) -> str:
        """Return PromQL for its length."""
        return f"max({self._one(naming.CALENDAR_SECONDS)})"

    @property
    def now(self) -> str:
        """Return PromQL that is 1, with the beginning as a label."""
        return f'count_values("{naming.BEGINS_LABEL}", {self.begins})'

    @property
    def of_rollup(self) -> str:
        """Return PromQL that is 1, with the beginning of the one in which the rollup of now began as a label.

        A rollup of both counts for the old one: nothing of the old one is spent from the new budget.
        """
        before = f"max({self._one(naming.CALENDAR_BEGINS)} offset {TILE})"
        return f'count_values("{naming.BEGINS_LABEL}", {before} or {self.begins})'

    @property
    def seconds_now(self) -> str:
        """Return PromQL for its length, with the beginning as a label."""
        return f"{self.now} * on () group_left () {self.seconds}"

    def _one(self, series: str) -> str:
        return selector(series, tuple((name, "=", value) for name, value in self.labels))
