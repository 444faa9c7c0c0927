"""The burn-down as a line: flat where nothing is known, with the objective at its place, and in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.report.test_verdicts import DAY, END, PERIOD, START, objective, report
from watchkeeper.report.charts import HEIGHT, TOP, burn_down, calendar
from watchkeeper.report.history import Bin
from watchkeeper.report.incident_tables import incidents_table


def test_nothing_is_spent_where_nothing_was_recorded() -> None:
    (one,) = report(objective("shop-slo", bad=0.01, days=4)).objectives
    recorded = END - 4 * DAY
    before = [left for when, left in one.burn_down if when <= recorded]
    assert (one.burn_down[0][0], before[-1]) == (START, 1.0)
    assert any(when == recorded for when, _ in one.burn_down)
    assert one.burn_down[-1][1] == pytest.approx(0.6)


def test_the_line_falls_when_events_were_counted_and_not_when_their_rollup_began() -> None:
    hour = replace(PERIOD, start=END - 3_600)
    bins = tuple(
        Bin(end - 300, end, 30.0 if end == END - 1_500 else 0.0, 3_000.0, 1, 10)
        for end in range(hour.start + 300, END + 1, 300)
    )
    (one,) = report(replace(objective("shop-slo"), bins=bins), period=hour).objectives
    left = dict(one.burn_down)
    assert left[END - 1_500] == 1.0
    assert left[END - 1_200] == left[END] == pytest.approx(1 - 30 / 36_000 / 0.01)


@pytest.mark.parametrize(("bad", "word"), [(0.005, "kept"), (0.05, "missed")])
def test_the_objective_is_a_line_and_its_side_a_word(bad: float, word: str) -> None:
    (one,) = report(objective("shop-slo", bad=bad)).objectives
    chart = burn_down(one, PERIOD)
    assert chart is not None and chart.sentence.endswith(f"the other is the objective, which is {word}.")
    assert TOP < chart.zero < HEIGHT
    assert chart.zero == next(y for y, text in chart.y_ticks if text == "0%")


def test_days_are_judged_by_the_target() -> None:
    (one,) = report(objective("shop-slo", bad=0.02, days=4)).objectives
    found = calendar(one, Decimal("0.99"))
    assert found is not None and found.sentence == "4 of 10 days had more bad events than the target allows."


def test_without_a_rollup_nothing_is_said_of_incidents() -> None:
    assert incidents_table(report(objective("shop-slo", days=0))).empty.startswith("No rollup was recorded")
    assert incidents_table(report(objective("shop-slo"))).empty.startswith("No incident spent")
