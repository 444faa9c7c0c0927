"""The series that the rules of an objective would have recorded in the past, as OpenMetrics.

The base and the rollups are whole, because sums are made of them. The series for people are written every four minutes:
a query finds a sample up to five minutes old.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from watchkeeper import naming
from watchkeeper.plan.slo.recordings import BURN_WINDOWS
from watchkeeper.replay.grid import Values
from watchkeeper.replay.month_tiles import MonthTiles
from watchkeeper.replay.replayed_slo import ReplayedSlo

_FOR_PEOPLE = 240
Points = Iterator[tuple[int, float]]
Pairs = tuple[tuple[str, str], ...]


def recorded(replayed: ReplayedSlo) -> Iterator[tuple[str, Pairs, Points]]:
    """Yield each recorded series: its name, its labels beside those of the objective, and its samples.

    A sample is Unix seconds and a value.
    """
    yield from ((name, (), points) for name, points in _rolling(replayed))
    if replayed.month is not None:
        yield from _of_month(replayed, replayed.month)


def _of_month(replayed: ReplayedSlo, month: MonthTiles) -> Iterator[tuple[str, Pairs, Points]]:
    """Yield what is recorded with the beginning of its month as a label."""
    tiles, unit = replayed.tiles, replayed.slo.parameters.window_name
    series = (
        (naming.calendar_tile(naming.TOTAL_TILE), tiles.total),
        (naming.calendar_tile(naming.BAD_TILE), tiles.bad),
        (naming.bad_events_tile(unit), month.events),
        (naming.error_ratio_tile(unit), month.ratios),
    )
    for begins in dict.fromkeys(month.begins):
        own = [index for index, one in enumerate(month.begins) if one == begins]
        moments = [tiles.moments[index] for index in own]
        for name, values in series:
            yield (
                name,
                ((naming.BEGINS_LABEL, str(begins)),),
                _present(moments, [values[index] for index in own]),
            )


def _rolling(replayed: ReplayedSlo) -> Iterator[tuple[str, Points]]:
    grid, tiles = replayed.grid, replayed.tiles
    for name, values in ((naming.TOTAL_BASE, replayed.total), (naming.BAD_BASE, replayed.bad)):
        yield name, _present([grid.moment(index) for index in range(grid.count)], values)
    yield naming.TOTAL_TILE, _present(tiles.moments, tiles.total)
    yield naming.BAD_TILE, _present(tiles.moments, tiles.bad)
    for window in replayed.slo.parameters.rollup_windows:
        events, ratios = replayed.of_tiles(window)
        yield naming.bad_events_tile(str(window)), _present(tiles.moments, events)
        yield naming.error_ratio_tile(str(window)), _present(tiles.moments, ratios)
    for name, values in _for_people(replayed):
        every = max(1, _FOR_PEOPLE // grid.step)
        yield name, _present([grid.moment(index) for index in range(0, grid.count, every)], values[::every])


def _for_people(replayed: ReplayedSlo) -> Iterator[tuple[str, Values]]:
    parameters = replayed.slo.parameters
    budget = float(parameters.budget)
    for window in parameters.windows:
        yield naming.error_ratio(str(window)), replayed.error_ratio(window)
    if replayed.month is not None:
        yield naming.error_ratio(parameters.window_name), replayed.budget_ratio
    # Before its first event there is nothing to promise.
    known = accumulate((one is not None for one in replayed.total), max)
    yield naming.OBJECTIVE, [float(parameters.objective) if has_begun else None for has_begun in known]
    yield naming.REMAINING, replayed.remaining
    burns = {window: _divided(replayed.error_ratio(window), budget) for window in BURN_WINDOWS}
    for window, values in burns.items():
        yield naming.burn_rate(str(window)), values
    lasts = zip(replayed.remaining, burns[BURN_WINDOWS[0]], _lengths(replayed), strict=True)
    yield (
        naming.EXHAUSTION,
        [None if left is None or not burn else max(left, 0) * whole / burn for left, burn, whole in lasts],
    )


def _lengths(replayed: ReplayedSlo) -> list[float]:
    """Return the seconds of the objective's window at each moment."""
    grid, month = replayed.grid, replayed.month
    if month is None:
        return [float(replayed.slo.parameters.window.seconds)] * grid.count
    spans = (month.span(grid.moment(index)) for index in range(grid.count))
    return [float(end - start) for start, end in spans]


def _divided(values: Values, by: float) -> Values:
    return [None if one is None else one / by for one in values]


def _present(moments: Sequence[int], values: Values) -> Points:
    return ((at, one) for at, one in zip(moments, values, strict=True) if one is not None)


def open_metrics(replayed: ReplayedSlo, start: int, end: int) -> Iterator[str]:
    """Yield a line for each sample from `start` to before `end`, in Unix seconds."""
    for name, further, points in recorded(replayed):
        own = (*replayed.slo.labels, *further)
        labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in own)
        for at, value in points:
            if start <= at < end:
                yield f"{name}{{{labels}}} {value!r} {at}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
