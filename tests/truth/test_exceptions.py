"""Where samples are missing the rules cannot be exact: each such case keeps the bound that the documentation states."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.truth.bounds import Interval
from tests.truth.counting import ratio
from tests.truth.judging import LONG_WINDOWS, WINDOWS, judge, random, standard
from tests.truth.schedule import Schedule
from tests.truth.schedules import constant, failing, newborn, out, restarting, rolling, unsettled, unwatched

pytestmark = pytest.mark.tools
_ALL = WINDOWS | LONG_WINDOWS


@random(short=3, long=45)
@given(schedule=unsettled())
def test_what_is_under_way_at_a_windows_edge_counts_for_one_side(schedule: Schedule, promtool: str) -> None:
    judge("at the edges", promtool, standard(), schedule, _ALL)


@random(short=3, long=45)
@given(schedule=newborn())
def test_a_young_service_is_off_by_its_first_minute_at_most(schedule: Schedule, promtool: str) -> None:
    judge("newborn", promtool, standard(), schedule, _ALL)


@random(short=3, long=45)
@given(schedule=restarting())
def test_a_restart_loses_what_came_since_the_last_scrape_at_most(schedule: Schedule, promtool: str) -> None:
    judge("restarts", promtool, standard(), schedule, _ALL)


@random(short=3, long=45)
@given(schedule=failing())
def test_failed_scrapes_lose_what_came_between_at_most(schedule: Schedule, promtool: str) -> None:
    judge("failed scrapes", promtool, standard(), schedule, _ALL)


@random(short=3, long=45)
@given(schedule=rolling())
def test_a_deployment_is_off_by_a_minute_of_one_target_at_most(schedule: Schedule, promtool: str) -> None:
    judge("deployments", promtool, standard(), schedule, _ALL)


@random(short=3, long=45)
@given(schedule=out())
def test_an_outage_of_all_targets_costs_its_length(schedule: Schedule, promtool: str) -> None:
    judge("all targets down", promtool, standard(), schedule, _ALL)


@random(short=3, long=45)
@given(schedule=unwatched())
def test_a_prometheus_that_was_down_does_not_know_what_came_meanwhile(
    schedule: Schedule, promtool: str
) -> None:
    judge("missed evaluations", promtool, standard(), schedule, _ALL)


def _nearly(schedule: Schedule, at: int, window: int) -> Interval:
    true = ratio(schedule, at, window)
    return Interval(true * 0.98, true * 1.02)


@random(short=2, long=30)
@given(schedule=constant())
def test_a_constant_ratio_stays_right_whatever_is_missing(schedule: Schedule, promtool: str) -> None:
    judge("constant ratio", promtool, standard(), schedule, _ALL, truth=_nearly)
