"""The budget of a month: requests since it began count once, in any order of the rules, over restarts and gaps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.truth.counters import SERVICE
from tests.truth.counting import count
from tests.truth.judging import TOLERANCE, random
from tests.truth.reading import read
from tests.truth.rendered import Rules, beside, spec_of
from tests.truth.schedule import DAY, HOUR, MINUTE, SECOND, Burst, Instance, Schedule, Stretch
from tests.truth.schedules import INTERVALS, SHARES, WARM
from watchkeeper import naming

pytestmark = pytest.mark.tools
# promtool's time begins on 1 January 1970 in UTC, an hour before January begins in Cape Verde.
ZONE, TURN = "Atlantic/Cape_Verde", HOUR
# Around the turn an event counts in the old month or in the new one: a rollup belongs to one of them.
BEFORE, AFTER = 105 * SECOND, 5 * MINUTE
END = 2 * HOUR
# What is made of rollups is read one evaluation later.
LATER = 30 * SECOND
MONTH = 31 * DAY


@pytest.fixture(scope="module", params=["calendar first", "calendar last"])
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """Return the rules of one objective and of its calendar, in either order of evaluation: a server has no order."""
    folder = tmp_path_factory.mktemp("months")
    return beside(
        folder,
        spec_of(window=f"month, time_zone: {ZONE}"),
        naming.calendar_path(SERVICE),
        is_first=request.param == "calendar first",
    )


def _judge(promtool: str, rules: Rules, schedule: Schedule, at: int = END) -> None:
    """Fail where the ratio or the budget is not that of the requests since the turn, the rest of the month healthy."""
    played = replace(schedule, end=at + LATER)
    recorded = read(promtool, rules, played, [at, at + LATER])
    true = count(schedule, TURN, at)
    assert recorded[at]["slo:bad_events_tile:month"] == pytest.approx(true.bad, rel=TOLERANCE, abs=1e-6)
    spent = true.ratio * (at - TURN) / MONTH
    assert recorded[at + LATER]["slo:error_ratio:month"] == pytest.approx(spent, rel=TOLERANCE, abs=1e-12)
    assert recorded[at + LATER][naming.REMAINING] == pytest.approx(1 - spent / rules.budget, abs=TOLERANCE)


@st.composite
def _schedules(draw: st.DrawFn) -> Schedule:
    """Draw traffic in both months, each with their own rates and shares of bad requests."""

    def stretch(begin: int, end: int) -> Stretch:
        bad, of = draw(st.sampled_from(SHARES))
        return Stretch(begin, end, draw(st.sampled_from(INTERVALS)), bad, of)

    spans = ((3 * MINUTE, TURN - BEFORE), (TURN + AFTER, 80 * MINUTE), (80 * MINUTE, END - BEFORE))
    within = st.integers(TURN + AFTER, END - BEFORE)
    bursts = draw(st.lists(st.builds(Burst, within, st.integers(1, 5_000), st.booleans()), max_size=3))
    traffic: tuple[Stretch | Burst, ...] = (*(stretch(*span) for span in spans), *bursts)
    phase = draw(st.integers(0, 14)) * SECOND
    return Schedule(END, (Instance("a", phase, traffic, counted=WARM),))


@random(short=3, long=60)
@given(schedule=_schedules())
def test_a_month_counts_what_came_since_it_began(schedule: Schedule, rules: Rules, promtool: str) -> None:
    _judge(promtool, rules, schedule)


def _schedule(*bursts: Burst, hole: tuple[int, int] | None = None) -> Schedule:
    even = Stretch(3 * MINUTE, END - BEFORE, 200)
    return Schedule(END, (Instance("a", 4 * SECOND, (even, *bursts), counted=WARM),), hole=hole)


def test_the_budget_is_whole_at_the_first_moment(rules: Rules, promtool: str) -> None:
    """A rollup of both months counts for the old one: errors until the last seconds spend nothing of the new budget."""
    burst = Burst(TURN - BEFORE, 1_000_000, True)
    moments = [TURN - MINUTE, TURN + LATER, TURN + 6 * MINUTE, TURN + 20 * MINUTE]
    recorded = read(promtool, rules, _schedule(Burst(TURN - HOUR // 2, 1_000, True), burst), moments)
    before, *after = (recorded[at][naming.REMAINING] for at in moments)
    assert before < 1
    assert after == [1.0, 1.0, 1.0]


def test_a_gap_over_the_turn_loses_nothing_else(rules: Rules, promtool: str) -> None:
    """Prometheus is down when the month begins: what it records later is of the new month, all of it."""
    hole = (TURN - 10 * MINUTE, TURN + 10 * MINUTE)
    burst, old = Burst(TURN + 25 * MINUTE, 503, True), Burst(TURN - 25 * MINUTE, 401, True)
    recorded = read(promtool, rules, _schedule(burst, old, hole=hole), [END])[END]
    assert recorded["slo:bad_events_tile:month"] == pytest.approx(503, rel=TOLERANCE)


def test_a_process_that_restarts_before_the_turn_changes_nothing_of_the_new_month(
    rules: Rules, promtool: str
) -> None:
    spans = ((3 * MINUTE, TURN - BEFORE), (TURN + AFTER, END - BEFORE))
    traffic = tuple(Stretch(begin, end, 250, 1, 10) for begin, end in spans)
    instance = Instance("a", 4 * SECOND, traffic, counted=WARM, restarts=(TURN - 30 * MINUTE,))
    _judge(promtool, rules, Schedule(END, (instance,)))


def test_without_a_calendar_there_is_no_budget(rules: Rules, promtool: str, tmp_path: Path) -> None:
    """A file of rules that was not deployed must not look like a budget that nothing spends."""
    document = json.loads(rules.path.read_text())
    groups = [group for group in document["groups"] if group["name"] != naming.calendar_group(SERVICE)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": groups}))
    alone = replace(rules, path=path, groups=tuple(group["name"] for group in groups))
    recorded = read(promtool, alone, _schedule(), [TURN])[TURN]
    assert naming.TOTAL_BASE in recorded
    assert naming.REMAINING not in recorded
