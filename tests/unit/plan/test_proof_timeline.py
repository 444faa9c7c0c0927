"""A timeline's closed forms beside sums over single seconds."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.plan.proofs.timeline import Phase, Timeline, united

RAW = 1800
PHASES = st.lists(
    st.builds(
        Phase,
        seconds=st.integers(1, 60).map(lambda n: n * 20),
        rate=st.sampled_from((0.0, 0.5, 3.0, 100.0)),
        ratio=st.sampled_from((0.0, 0.01, 0.25, 1.0)),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@lru_cache(maxsize=1)
def _seconds(phases: tuple[Phase, ...]) -> tuple[tuple[float, float], ...]:
    return tuple((one.rate * one.ratio, one.rate) for one in phases for _ in range(one.seconds))


def counted(phases: tuple[Phase, ...], start: int, end: int) -> tuple[float, float]:
    """Return bad and total events of the seconds from `start` to before `end`, one by one."""
    inside = _seconds(phases)[max(start, 0) : max(end, 0)]
    return sum(bad for bad, _ in inside), sum(total for _, total in inside)


def ratio(phases: tuple[Phase, ...], window: int, at: int) -> float:
    bad, total = counted(phases, at - window, at)
    if not total:
        return 0.0
    return bad / total * (min(at, window) / window if window > RAW else 1)


@settings(deadline=None, max_examples=60)
@given(phases=PHASES, window=st.sampled_from((60, 300, 1800, 1801, 3600)), share=st.floats(0, 1))
def test_ratios_and_events_are_what_single_seconds_add_up_to(
    phases: tuple[Phase, ...], window: int, share: float
) -> None:
    timeline = Timeline(phases)
    at = int(share * timeline.end)
    bad, total = counted(phases, at - window, at)
    assert timeline.events(at - window, at) == pytest.approx((bad, total), abs=1e-6)
    assert timeline.bad_events(window, at) == pytest.approx(bad, abs=1e-6)
    assert timeline.error_ratio(window, at) == pytest.approx(ratio(phases, window, at), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(phases=PHASES, limit=st.sampled_from((0.005, 0.1, 0.6)), gate=st.sampled_from((0.5, 40.0, 900.0)))
def test_spans_are_when_each_second_is_over_every_limit(
    phases: tuple[Phase, ...], limit: float, gate: float
) -> None:
    timeline, long, short = Timeline(phases), 600, 120
    spans = timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(short, at), limit),
            (lambda at: timeline.error_ratio(long, at), limit),
            (lambda at: timeline.bad_events(long, at), gate),
        ),
        (long, short),
    )
    assert spans == sorted(spans)
    for at in range(5, timeline.end, 20):
        near = any(abs(at - edge) < 1 for span in spans for edge in span)
        over = ratio(phases, short, at) > limit and ratio(phases, long, at) > limit
        over = over and counted(phases, at - long, at)[0] > gate
        if not near:
            # At the very limit the two sums may differ in their last digit.
            close = (
                abs(ratio(phases, short, at) - limit) < 1e-9 or abs(ratio(phases, long, at) - limit) < 1e-9
            )
            close = close or abs(counted(phases, at - long, at)[0] - gate) < 1e-6
            assert close or any(start <= at <= end for start, end in spans) == over, at


def test_a_crossing_is_found_where_the_quotient_says() -> None:
    timeline = Timeline((Phase(3600), Phase(3600, 100.0, 0.5)))
    found = timeline.spans_over(((lambda at: timeline.error_ratio(3600, at), 0.1),), (3600,))
    assert found == [pytest.approx((3600 + 720, 7200), abs=1e-3)]


def test_a_dip_within_one_phase_is_seen_where_the_window_leaves_an_older_one() -> None:
    timeline = Timeline((Phase(100, 10.0, 1.0), Phase(500, 10.0), Phase(1000, 10.0, 0.5)))
    found = timeline.spans_over(((lambda at: timeline.error_ratio(600, at), 0.1),), (600,))
    assert [round(edge) for span in found for edge in span] == [0, 680, 720, 1600]


def test_what_lies_before_birth_is_healthy_in_windows_over_half_an_hour_only() -> None:
    timeline = Timeline((Phase(600, 100.0, 1.0),))
    assert timeline.error_ratio(300, 60) == 1.0
    assert timeline.error_ratio(1800, 60) == 1.0
    assert timeline.error_ratio(3600, 360) == pytest.approx(0.1)


def test_traffic_weighs() -> None:
    timeline = Timeline((Phase(300, 1000.0), Phase(300, 10.0, 1.0)))
    assert timeline.error_ratio(600, 600) == pytest.approx(10 / 1010)


def test_moments_beyond_the_scenario_count_nothing() -> None:
    timeline = Timeline((Phase(60, 2.0, 0.5), Phase(60, 0.0)))
    assert timeline.events(-500, 500) == (60.0, 120.0)
    assert timeline.events(120, 900) == (0.0, 0.0)


def test_spans_of_several_conditions_become_one_where_they_touch() -> None:
    assert united([(0.0, 10.0), (50.0, 60.0)], [(10.5, 20.0)], [(5.0, 8.0)]) == [(0.0, 20.0), (50.0, 60.0)]
    assert united([], []) == []
