"""The base window: wide enough, in step with the evaluations, and with the scrapes where both can be had."""

from __future__ import annotations

from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import LEAST_SCRAPES, Stack
from watchkeeper.plan.slo.base_window import LONGEST, BaseWindow, base_window_of


def base(scrape: int, evaluation: int) -> BaseWindow:
    """Return the base of two intervals in milliseconds."""
    return base_window_of(Stack(scrape_interval=Duration(scrape), evaluation_interval=Duration(evaluation)))


@pytest.mark.parametrize(
    ("scrape", "evaluation", "window"),
    [
        ("15s", "30s", "1m"),
        ("1s", "5s", "1m"),
        ("15s", "1m", "1m"),
        ("15s", "2m", "2m"),
        ("30s", "30s", "2m"),
        ("30s", "45s", "3m"),
        ("20s", "30s", "2m"),
        ("1m", "1m", "4m"),
        ("1m", "5m", "5m"),
        ("15s", "7s", "105s"),
        ("50s", "75s", "5m"),
        # What is a multiple of both would be longer than five minutes: the evaluations decide.
        ("1m", "90s", "270s"),
        ("13s", "30s", "1m"),
        ("90s", "1m", "6m"),
        ("500ms", "1s", "1m"),
    ],
)
def test_the_window_of_two_intervals(scrape: str, evaluation: str, window: str) -> None:
    found = base(Duration.parse(scrape).milliseconds, Duration.parse(evaluation).milliseconds)
    assert str(found.window) == window


@given(scrape=st.integers(1, 120), evaluation=st.integers(1, 120))
def test_what_holds_of_every_pair(scrape: int, evaluation: int) -> None:
    found = base(scrape * 1000, evaluation * 1000)
    window = int(found.window.seconds)
    assert window % evaluation == 0
    assert window >= max(60, LEAST_SCRAPES * scrape)
    both = lcm(scrape, evaluation)
    least = -(-max(60, LEAST_SCRAPES * scrape) // both) * both
    assert window == least if least <= LONGEST.seconds else window <= least
    # No shorter window will do.
    assert window - evaluation < max(60, LEAST_SCRAPES * scrape) or window % both == 0


def test_an_evaluation_reads_one_scrape_more_than_its_window() -> None:
    found = base(15_000, 30_000)
    assert (str(found.read_window), str(found.down), str(found.lag)) == ("75s", "45s", "105s")
