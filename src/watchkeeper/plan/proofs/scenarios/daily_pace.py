"""A scenario of weeks for the windows beyond 6h: its input are rollups, which one evaluation a day reads."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import Scenario, ValueCheck
from watchkeeper.plan.proofs.timeline import Phase, Timeline

STEP = 86_400
# Nothing changes near a window's edge: whether a range includes the sample at its left end differs between versions.
_EDGE_MARGIN = 7_200
# promtool gives up at 10,000 samples a query, which is 34 days of rollups.
_LONGEST = 32 * STEP
_RATIOS = (0.02, 0.3, 0.07, 0.5, 0.11, 0.6)
_RATES = (30.0, 200.0, 80.0, 20.0, 120.0, 60.0)


def daily_pace(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield one scenario in which every window has another error ratio."""
    windows = [
        int(window.seconds) for window in profile.parameters.rollup_windows if window.seconds <= _LONGEST
    ]
    # The team label changed within the shortest window.
    edges = [0, windows[0] // 2, *(window + _EDGE_MARGIN for window in windows)]
    end = -(-(edges[-1] + STEP) // STEP) * STEP
    newest_first = [
        Phase(old - young, _RATES[i % len(_RATES)], _RATIOS[i % len(_RATIOS)], previous_labels=i > 0)
        for i, (young, old) in enumerate(itertools.pairwise(edges))
    ]
    phases = (Phase(end - edges[-1], 150.0, 0.9, previous_labels=True), *reversed(newest_first))
    timeline = Timeline(phases)
    checks = [check for window in windows for check in _window(timeline, window, end)]
    longest = int(profile.parameters.rollup_windows[-1].seconds)
    checks += _window(timeline, longest, max(STEP, min(longest, end) // STEP // 2 * STEP))
    yield from _whole_month(profile)
    yield Scenario(
        "rollups of more than the longest window as the only input; the team label changed recently",
        "daily",
        timeline,
        (),
        tuple(checks),
        with_decoys=True,
    )


def _whole_month(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield the rollups of a whole month, the oldest of which are the worst: none may be left out."""
    length = int(profile.parameters.window.seconds)
    if profile.parameters.calendar is None or length > _LONGEST:
        return
    shares = zip(_RATIOS[::-1], _RATES, strict=True)
    days = [4 * STEP] * (len(_RATIOS) - 1)
    lengths = (length - sum(days), *days)
    timeline = Timeline(
        tuple(
            Phase(seconds, rate, ratio, previous_labels=True)
            for seconds, (ratio, rate) in zip(lengths, shares, strict=True)
        )
    )
    unit = profile.parameters.window_name
    bad, total = timeline.events(0, length)
    wanted = ((naming.error_ratio_tile(unit), bad / total), (naming.bad_events_tile(unit), bad))
    yield Scenario(
        f"rollups of a whole {unit} as the only input",
        "daily",
        timeline,
        (),
        tuple(ValueCheck(length, name, want, want * 0.002, of_month=True) for name, want in wanted),
        with_decoys=True,
    )


def _window(timeline: Timeline, window: int, at: int) -> Iterator[ValueCheck]:
    name = str(Duration(window * 1000))
    ratio, events = timeline.error_ratio(window, at), timeline.bad_events(window, at)
    yield ValueCheck(at, naming.error_ratio_tile(name), ratio, ratio * 0.005)
    yield ValueCheck(at, naming.bad_events_tile(name), events, events * 0.005)
