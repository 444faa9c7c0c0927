"""A story of weeks for the windows that tiles carry: the tiles are given, and one evaluation a day reads them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.profile import Cast
from watchkeeper.plan.proofs.scenarios.scenario import Story, ValueCheck

STEP = 86_400
# Nothing changes near a window's edge: whether a range holds the sample at its left end differs between versions.
_AWAY = 7_200
# promtool gives up at 10,000 samples a query, which is 34 days of tiles.
_LONGEST = 32 * STEP
_RATIOS = (0.02, 0.3, 0.07, 0.5, 0.11, 0.6)
_RATES = (30.0, 200.0, 80.0, 20.0, 120.0, 60.0)


def history(cast: Cast) -> Iterator[Story]:
    """Yield one story in which each window's share of bad events is another one."""
    windows = [int(window.seconds) for window in cast.shape.gated if window.seconds <= _LONGEST]
    # The team was renamed within the shortest window.
    edges = [0, windows[0] // 2, *(window + _AWAY for window in windows)]
    end = -(-(edges[-1] + STEP) // STEP) * STEP
    newest_first = [
        Phase(old - young, _RATES[i % len(_RATES)], _RATIOS[i % len(_RATIOS)], former=i > 0)
        for i, (young, old) in enumerate(itertools.pairwise(edges))
    ]
    phases = (Phase(end - edges[-1], 150.0, 0.9, former=True), *reversed(newest_first))
    timeline = Timeline(phases)
    checks = [check for window in windows for check in _window(timeline, window, end)]
    longest = int(cast.shape.gated[-1].seconds)
    checks += _window(timeline, longest, max(STEP, min(longest, end) // STEP // 2 * STEP))
    yield Story(
        "tiles of more than the longest window and nothing else; the team was renamed lately",
        "history",
        timeline,
        (),
        tuple(checks),
    )


def _window(timeline: Timeline, window: int, at: int) -> Iterator[ValueCheck]:
    name = str(Duration(window * 1000))
    ratio, events = timeline.error_ratio(window, at), timeline.bad_events(window, at)
    yield ValueCheck(at, naming.error_ratio_tile(name), ratio, ratio * 0.005)
    yield ValueCheck(at, naming.bad_events_tile(name), events, events * 0.005)
