"""Prometheus 2.42 reads ranges with their left end: exact where no sample lies on it, within a known bound elsewhere."""

from __future__ import annotations

import os

import pytest
from hypothesis import assume, given

from tests.truth.bounds import Interval
from tests.truth.counting import ratio
from tests.truth.judging import LONG_WINDOWS, WINDOWS, judge, random, standard
from tests.truth.schedule import HOUR, MINUTE, Schedule
from tests.truth.schedules import ends, settled

OLD = "WATCHKEEPER_OLD_PROMTOOL"
# What a burst may count for when it falls on the edge of a tile that begins and ends on an evaluation.
_LEAST, _MOST = 0.9, 1.37
_ALIGNED = 1.2


def _within(schedule: Schedule, at: int, window: int) -> Interval:
    true = ratio(schedule, at, window)
    aligned = _ALIGNED if any(one.phase == 0 for one in schedule.instances) else 1.0
    if window <= WINDOWS["6h"]:
        return Interval(true / aligned**2, true * aligned**2)
    spread = _MOST / _LEAST * aligned**2
    return Interval(true / spread, true * spread)


@pytest.fixture
def old_promtool() -> str:
    """Return the path of a promtool 2.42 that the caller has named."""
    if OLD not in os.environ:
        pytest.skip(f"no promtool 2.42 here: name one in {OLD}")
    return os.environ[OLD]


@pytest.mark.tools
@random(short=4, long=25)
@given(schedule=settled(tuple(WINDOWS.values()), length=ends(HOUR, 90 * MINUTE)))
def test_the_rules_count_alike_in_an_old_prometheus(schedule: Schedule, old_promtool: str) -> None:
    assume(any(one.traffic for one in schedule.instances))
    judge("Prometheus 2.42", old_promtool, standard(), schedule, WINDOWS | LONG_WINDOWS, truth=_within)
