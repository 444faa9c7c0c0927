"""The golden signals as lines: gaps stay gaps, scales are round, and words say what the line shows."""

from __future__ import annotations

import pytest

from watchkeeper.front_page.golden_signals import HOUR, YOUNG, Points, Signal, Unit
from watchkeeper.front_page.signal_charts import BOTTOM, TOP, WIDTH, SignalChart, nice_top, signal_charts

END = 1_780_000_200
SPAN = HOUR.until(END)


def chart(points: Points, unit: Unit = "per second", **limits: float) -> SignalChart:
    (found,) = signal_charts([Signal("Requests", unit, (("requests", points),))], SPAN, limits)
    return found


@pytest.mark.parametrize(
    ("highest", "top"), [(0.01, 0.01), (0.011, 0.02), (1.0, 1.0), (3.0, 5.0), (7.0, 10.0), (1234.0, 2000.0)]
)
def test_scales_end_at_one_two_or_five(highest: float, top: float) -> None:
    assert nice_top(highest) == pytest.approx(top)


def test_a_line_reaches_from_corner_to_corner() -> None:
    found = chart(((SPAN.start, 0.0), (SPAN.start + 30, 1.0), (SPAN.end, 2.0)))
    assert found.lines[0].path == f"M0.0,{BOTTOM:.1f}L2.5,{(TOP + BOTTOM) / 2:.1f}M{WIDTH:.1f},{TOP:.1f}h.1"


def test_missing_points_break_the_line_and_a_lonely_one_is_a_dot() -> None:
    path = chart(tuple((SPAN.start + at, 1.0) for at in (0, 30, 60, 600, 900, 930))).lines[0].path
    assert path.count("M") == 3
    assert path.count("L") == 2
    assert path.count("h.1") == 1


def test_one_failure_in_a_million_does_not_look_like_an_outage() -> None:
    found = chart(((SPAN.end - 30, 0.0), (SPAN.end, 0.000001)), "share")
    assert found.top == "1%"
    assert found.lines[0].now == "<0.01%"


def test_units_and_words() -> None:
    found = chart(((SPAN.end - 30, 0.25), (SPAN.end, 0.0871)), "seconds")
    assert (found.lines[0].now, found.top) == ("87 ms", "500 ms")
    assert found.sentence == "Requests in the last 60 minutes: requests 87 ms now, at most 250 ms"
    assert [x for x, _ in found.ticks] == [0, WIDTH // 2, WIDTH]


def test_a_young_stack_has_a_shorter_time_with_more_points() -> None:
    assert [one.seconds for one in (*YOUNG, HOUR)] == [300, 1_200, 3_600]
    assert all(one.seconds / one.step >= 100 for one in (*YOUNG, HOUR))
    assert HOUR.until(END).end % HOUR.step == 0


def test_an_objective_is_a_line_on_the_chart_and_a_part_of_its_sentence() -> None:
    found = chart(((SPAN.end - 30, 0.001), (SPAN.end, 0.002)), "share", Requests=0.05)
    assert found.limit is not None
    assert (found.limit.y, found.top, found.limit.text) == (TOP, "5%", "objective 5%")
    assert found.limit.text_y > TOP, "the text of a line at the upper end is below it"
    assert found.sentence.endswith("; the objective allows 5%, and now it is within")
    over = chart(((SPAN.end - 30, 0.001), (SPAN.end, 0.8)), "share", Requests=0.05)
    assert found.limit.is_high, "the upper end has its text on the left"
    assert over.limit is not None and over.limit.text_y < over.limit.y and not over.limit.is_high
    assert over.sentence.endswith("; the objective allows 5%, and now it is over")
    assert chart(((SPAN.end, 0.8),), "share", Errors=0.05).limit is None
