"""Where samples are whole and counters have lived, the rules count every event, at every alignment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.truth.counting import count
from tests.truth.judging import LONG_WINDOWS, WINDOWS, exactly, judge, random, standard
from tests.truth.ledger import IS_LONG
from tests.truth.reading import read
from tests.truth.schedule import DAY, HOUR, MINUTE, SECOND, Burst, Instance, Schedule, Stretch
from tests.truth.schedules import SPARSE, START, WARM, ends, settled

pytestmark = pytest.mark.tools
_EDGES = tuple(WINDOWS.values())
_BRIEF = ends(HOUR, 150 * MINUTE if IS_LONG else 90 * MINUTE)
_OF_A_DAY = {name: window for name, window in WINDOWS.items() if name != "2h"} | {"1d": DAY}
# Scrape interval, evaluation interval and reach of the base that follows from them, in seconds.
_INTERVALS = ((15, 60, 75), (15, 15, 75), (10, 30, 70), (30, 30, 150), (30, 60, 150))


@pytest.mark.parametrize("objective", ["99", "99.9", "99.99"])
@random(short=3, long=45)
@given(schedule=settled(_EDGES, length=_BRIEF))
def test_every_request_counts_once(schedule: Schedule, objective: str, promtool: str) -> None:
    judge("exact", promtool, standard(objective), schedule, WINDOWS | LONG_WINDOWS, truth=exactly)


@random(short=3, long=50)
@given(schedule=settled(_EDGES, length=_BRIEF))
def test_every_slow_response_counts_once(schedule: Schedule, promtool: str) -> None:
    judge(
        "exact, latency", promtool, standard(kind="latency"), schedule, WINDOWS | LONG_WINDOWS, truth=exactly
    )


@random(short=4, long=50)
@given(data=st.data())
def test_every_request_counts_once_at_any_intervals(data: st.DataObject, promtool: str) -> None:
    scrape, evaluation, reach = data.draw(st.sampled_from(_INTERVALS))
    drawn = settled(_EDGES, scrape * SECOND, evaluation * SECOND, reach * SECOND, _BRIEF)
    schedule = data.draw(drawn)
    # How old a service is, is known to one evaluation; tiles begin with the first whole one.
    grown = {name: window for name, window in WINDOWS.items() if window + START <= schedule.end}
    rules = standard(scrape=scrape, evaluation=evaluation)
    judge("exact, other intervals", promtool, rules, schedule, grown | LONG_WINDOWS, truth=exactly)


@pytest.mark.skipif(not IS_LONG, reason="days take their time; WATCHKEEPER_LONG=1 plays some")
@random(short=1, long=12)
@given(
    schedule=settled(
        (*_EDGES, DAY), 60 * SECOND, 60 * SECOND, 300 * SECOND, ends(26 * HOUR, 30 * HOUR), SPARSE
    )
)
def test_a_whole_day_of_tiles_counts_every_request_once(schedule: Schedule, promtool: str) -> None:
    rules = standard(window="1d", scrape=60, evaluation=60)
    judge("exact, a day", promtool, rules, schedule, _OF_A_DAY, truth=exactly)


def test_an_outage_by_night_and_one_at_peak_cost_what_they_cost(promtool: str) -> None:
    """A hundred times the traffic by day: six dark hours cost less than half an hour at noon."""
    day, noon, night, dark = (
        (2 * HOUR, 13 * HOUR),
        (5 * HOUR, 5 * HOUR + 30 * MINUTE),
        (14 * HOUR, 24 * HOUR),
        (16 * HOUR, 22 * HOUR),
    )
    traffic = (*_with_outage(day, 600, noon), *_with_outage(night, 60_000, dark))
    instance = Instance("a", 7 * SECOND, traffic, counted=WARM)
    schedule = Schedule(25 * HOUR, (instance,), 60 * SECOND, 60 * SECOND)
    assert count(schedule, *dark).bad < count(schedule, *noon).bad
    rules = standard(window="1d", scrape=60, evaluation=60)
    judge("exact, night and peak", promtool, rules, schedule, {"1d": DAY}, truth=exactly)


def _with_outage(span: tuple[int, int], every: int, bad: tuple[int, int]) -> tuple[Stretch, ...]:
    begin, end = bad
    return (Stretch(span[0], begin, every), Stretch(begin, end, every, 1), Stretch(end, span[1], every))


def test_a_burst_at_each_second_between_two_tiles_counts_whole(promtool: str) -> None:
    """Twenty-five bursts of a prime number each, one second apart around a tile's edge, at four scrape phases."""
    bursts = tuple(Burst(30 * MINUTE + (shift - 13) * SECOND, 101, True) for shift in range(25))
    for phase in (0, 4, 9, 14):
        instance = Instance("a", phase * SECOND, bursts, counted=WARM)
        schedule = Schedule(HOUR, (instance,))
        recorded = read(promtool, standard(), schedule, [HOUR])[HOUR]
        assert recorded["slo:bad_events_tile:30d"] == pytest.approx(25 * 101, rel=1e-9)


def test_an_idle_service_keeps_its_whole_budget(promtool: str) -> None:
    schedule = Schedule(HOUR, (Instance("a", 0, (), counted=WARM),))
    recorded = read(promtool, standard(), schedule, [HOUR])[HOUR]
    assert recorded["slo:error_budget:remaining_ratio"] == 1
    assert all(recorded[f"slo:error_ratio:{window}"] == 0 for window in WINDOWS | LONG_WINDOWS)
