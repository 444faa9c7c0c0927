"""The recording rules of an objective over a month or quarter, in place of those of its rolling window."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.model.slo import TILE
from watchkeeper.plan.slo.base_window import FROM_BASE
from watchkeeper.plan.slo.calendar_budget import CalendarBudget
from watchkeeper.plan.slo.recording_rule import RecordingRule


def ratio_of_month(month: CalendarBudget) -> RecordingRule:
    """Return the error ratio that people and alerts read: that of the newest rollup, 0 before the first one."""
    none_yet = f"0 * max({month.own(naming.TOTAL_BASE)}) and on () {month.calendar.begins}"
    return RecordingRule(
        naming.error_ratio(month.unit),
        f"{month.newest(naming.error_ratio_tile(month.unit), FROM_BASE)}\nor\n{none_yet}",
        f"Error ratio over {month.calendar.window.words}, from its newest rollup; 0 before its first one.",
    )


def month_from_rollups(month: CalendarBudget) -> Iterator[RecordingRule]:
    """Yield the rules of every five minutes, each after those that it reads."""
    yield from rollups_of_month(month, (naming.TOTAL_TILE, naming.BAD_TILE))
    events, words = naming.bad_events_tile(month.unit), month.calendar.window.words
    yield RecordingRule(
        events,
        month.events(naming.BAD_TILE),
        f"Bad events of {words}: each rollup represents {TILE}, and all of them together at most the whole {month.unit}.",
    )
    yield RecordingRule(
        naming.error_ratio_tile(month.unit),
        month.share(month.recorded(events), naming.TOTAL_TILE),
        f"Error ratio over {words}: its bad events, divided by the events of a whole one at its mean traffic.",
    )


def rollups_of_month(month: CalendarBudget, tiles: tuple[str, ...]) -> Iterator[RecordingRule]:
    """Yield the rollups with the beginning of their month as a label."""
    for tile in tiles:
        comment = f"{tile} with the beginning of its {month.unit}."
        yield RecordingRule(naming.calendar_tile(tile), month.rollup(tile), comment)
