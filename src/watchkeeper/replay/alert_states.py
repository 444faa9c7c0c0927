"""When an alerting rule is pending and fires, from when its condition holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.replay.grid import Grid

# Whether the condition holds at a moment, by its number and by whether the alert fires already.
Holds = Callable[[int, bool], bool]


@dataclass(frozen=True, slots=True)
class Span:
    """An alert that fires from the moment `first` to before the moment `end`, both by their numbers."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class States:
    """When an alert fires, and at which moments it is pending."""

    firing: tuple[Span, ...]
    pending: tuple[Span, ...]

    def fires_within(self, index: int, steps: int) -> bool:
        """Return whether it fires at a moment, or did within so many before."""
        return any(span.first <= index and span.end > index - steps for span in self.firing)

    def is_pending(self, index: int) -> bool:
        """Return whether it is pending at a moment."""
        return any(span.first <= index < span.end for span in self.pending)


def states_of(alert: PlannedAlert, grid: Grid, holds: Holds, among: Sequence[int] | None = None) -> States:
    """Return the states of an alert as Prometheus computes them; `among` are the only moments at which it can hold."""
    firing: list[Span] = []
    pending: list[Span] = []
    for kind, first, end in _runs(alert, grid, holds, among):
        (firing if kind == "firing" else pending).append(Span(first, end))
    return States(tuple(firing), tuple(pending))


def _runs(
    alert: PlannedAlert, grid: Grid, holds: Holds, among: Sequence[int] | None
) -> Iterator[tuple[str, int, int]]:
    hold = int(alert.hold.milliseconds) / 1000
    keep = alert.keep_firing.milliseconds / 1000 if alert.keep_firing is not None else 0.0
    possible = range(grid.count) if among is None else _with_following(among, grid, keep)
    active: int | None = None
    fires_since: int | None = None
    held_last: int | None = None
    for index in possible:
        if holds(index, fires_since is not None):
            active = index if active is None else active
            held_last = index
            if fires_since is None and grid.moment(index) - grid.moment(active) >= hold:
                fires_since = index
                if active < index:
                    yield "pending", active, index
        elif fires_since is not None and held_last is not None:
            if grid.moment(index) - grid.moment(held_last + 1) >= keep:
                yield "firing", fires_since, index
                active = fires_since = None
        elif active is not None:
            yield "pending", active, index
            active = None
    if fires_since is not None:
        yield "firing", fires_since, grid.count
    elif active is not None:
        yield "pending", active, grid.count


def _with_following(among: Sequence[int], grid: Grid, keep: float) -> list[int]:
    """Return these moments, and after each those at which the alert may end."""
    after = grid.steps(keep) + 2
    found = {index + more for index in among for more in range(after)}
    return sorted(index for index in found if index < grid.count)


def joined(states: Sequence[States]) -> States:
    """Return the states of several series of one alert as those of one: it fires while any of them does."""
    return States(
        _union([span for one in states for span in one.firing]),
        _union([span for one in states for span in one.pending]),
    )


def _union(spans: list[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.first):
        if found and span.first <= found[-1].end:
            found[-1] = Span(found[-1].first, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)
