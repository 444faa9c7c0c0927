"""Requests in a maintenance window count in no ratio and no budget, and every other one counts once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.truth.counters import SERVICE
from tests.truth.counting import ratio
from tests.truth.judging import LONG_WINDOWS, WINDOWS, exactly, judge, random
from tests.truth.reading import read
from tests.truth.rendered import Rules, beside, spec_of
from tests.truth.schedule import HOUR, MINUTE, SECOND, Burst, Instance, Schedule, Stretch
from tests.truth.schedules import WARM
from watchkeeper import naming

pytestmark = pytest.mark.tools
# By the clock of promtool, whose time begins on Thursday, 1 January 1970, at midnight.
BEGIN, END = 40 * MINUTE, 70 * MINUTE
# Around the edges events count in part: as long as one can be seen, and an evaluation.
EDGE = 135 * SECOND
_MAINTENANCE = """
maintenance:
  - {name: patches, reason: patches, author: platform, weekdays: [thursday], times: ["00:40-01:10"]}
"""


@pytest.fixture(scope="module", params=["windows first", "windows last"])
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """Return the rules of one objective and of its window, in either order of evaluation: a server has no order."""
    folder = tmp_path_factory.mktemp("planned")
    return beside(
        folder,
        spec_of() + _MAINTENANCE,
        naming.maintenance_path(SERVICE),
        is_first=request.param == "windows first",
    )


def _without(schedule: Schedule) -> Schedule:
    """Return the schedule without the requests of the window."""

    def left(instance: Instance) -> Instance:
        kept = (Burst(at, 1, is_bad) for at, is_bad in instance.requests if not BEGIN <= at < END)
        return replace(instance, traffic=tuple(kept))

    return replace(schedule, instances=tuple(map(left, schedule.instances)))


_EVERY = st.sampled_from((170, 310, 990, 2_300))
# Windows that contain the whole schedule, so that no request is at their own edges.
_WHOLE = {"6h": WINDOWS["6h"]} | LONG_WINDOWS
_BAD = st.sampled_from((0, 1, 3, 10))


@st.composite
def _schedules(draw: st.DrawFn) -> Schedule:
    """Draw traffic before, in and after the window, each with its own rate and share of bad requests."""
    spans = (
        (3 * MINUTE, BEGIN - EDGE),
        (BEGIN, END),
        (END + EDGE, draw(st.sampled_from((95, 120))) * MINUTE),
    )
    traffic = [Stretch(begin, end, draw(_EVERY), draw(_BAD), 10) for begin, end in spans]
    within = st.integers(BEGIN, END - 1)
    bursts = draw(st.lists(st.builds(Burst, within, st.integers(1, 5_000), st.just(True)), max_size=3))
    phase = draw(st.integers(0, 14)) * SECOND
    return Schedule(spans[-1][1] + 5 * MINUTE, (Instance("a", phase, (*traffic, *bursts), counted=WARM),))


@random(short=2, long=40)
@given(schedule=_schedules())
def test_planned_work_counts_in_no_window(schedule: Schedule, rules: Rules, promtool: str) -> None:
    judge("planned work", promtool, rules, schedule, _WHOLE, truth=exactly, counted=_without)


def test_both_budgets_are_what_the_counts_say(rules: Rules, promtool: str) -> None:
    """Bursts of prime numbers at both edges and in the middle: none in the window counts in one, all in the other."""
    bursts = tuple(
        Burst(at, count, True)
        for at, count in (
            (BEGIN - EDGE - SECOND, 101),
            (BEGIN, 211),
            (BEGIN + 17 * MINUTE, 307),
            (END - 1, 401),
            (END + EDGE, 503),
        )
    )
    even = (Stretch(0, 2 * HOUR, 100),)
    schedule = Schedule(2 * HOUR, (Instance("a", 4 * SECOND, (*even, *bursts), counted=WARM),))
    recorded = read(promtool, rules, schedule, [2 * HOUR])[2 * HOUR]
    assert recorded["slo:bad_events_tile:30d"] == pytest.approx(101 + 503, rel=1e-6)
    want = 1 - ratio(schedule, 2 * HOUR, LONG_WINDOWS["30d"]) / rules.budget
    assert recorded[naming.REMAINING_ALL] == pytest.approx(want, rel=1e-3)
