"""Hold what the rules recorded of one schedule against the count of its requests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.truth.bounds import Interval, ratio_bounds
from tests.truth.counting import count, ratio
from tests.truth.ledger import IS_LONG, Entry, note
from tests.truth.reading import Readings, read
from tests.truth.rendered import Rules, rules_of
from tests.truth.schedule import DAY, HOUR, MINUTE, Schedule
from watchkeeper import naming

TOLERANCE = 0.001
"""What an error may be where exactness is possible, as a share of the budget."""
WINDOWS = {"5m": 5 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "2h": 2 * HOUR, "6h": 6 * HOUR}
LONG_WINDOWS = {"1d": DAY, "3d": 3 * DAY, "30d": 30 * DAY}
Truth = Callable[[Schedule, int, int], Interval]


def random(short: int, long: int) -> settings:
    """Return how many random schedules a test plays: the same ones each time, or in the long mode many new ones."""
    return settings(
        max_examples=long if IS_LONG else short,
        deadline=None,
        derandomize=not IS_LONG,
        database=None,
        # A schedule that fails takes seconds: printing it beats minutes of making it smaller.
        phases=(Phase.explicit, Phase.generate),
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@cache
def folder() -> Path:
    """Return a folder of this process alone."""
    return Path(tempfile.mkdtemp(prefix=f"watchkeeper-rules-{os.getpid()}-"))


@cache
def standard(
    objective: str = "99.9",
    window: str = "30d",
    scrape: int = 15,
    evaluation: int = 30,
    kind: str = "availability",
) -> Rules:
    """Return the rules of one objective, rendered once a process."""
    own = folder() / f"{objective}-{window}-{scrape}-{evaluation}-{kind}"
    own.mkdir(exist_ok=True)
    return rules_of(own, objective=objective, window=window, scrape=scrape, evaluation=evaluation, kind=kind)


def exactly(schedule: Schedule, at: int, window: int) -> Interval:
    """Return the truth, as the only value that a ratio may have."""
    true = ratio(schedule, at, window)
    return Interval(true, true)


def judge(
    kind: str,
    promtool: str,
    rules: Rules,
    schedule: Schedule,
    windows: dict[str, int],
    *,
    at: Sequence[int] = (),
    truth: Truth = ratio_bounds,
    counted: Callable[[Schedule], Schedule] | None = None,
) -> None:
    """Fail where a ratio or the budget lies outside of its bounds by more than the tolerance.

    Each window is judged at each instant, the schedule's end by default. What is made of tiles is read one evaluation
    later, since the fast group runs before the tiles' group. `counted` leaves out the requests that must not count.
    """
    instants = tuple(at) or (schedule.end - schedule.end % (5 * MINUTE),)
    later = schedule.evaluation
    played = replace(schedule, end=max(schedule.end, max(instants) + later))
    readings = read(
        promtool, rules, played, sorted({one + shift for one in instants for shift in (0, later)})
    )
    true = counted(schedule) if counted else schedule
    judged = [
        _judged(readings, rules, true, one, name, window, truth)
        for one in instants
        for name, window in windows.items()
    ]
    worst = max(judged, key=lambda one: one[2])
    budgets = [one[0] for one in judged if one[3] == max(windows.values())]
    note(Entry(kind, max(budgets), max(one[1] for one in judged), worst[2]))
    assert worst[2] <= TOLERANCE, worst[4]
    if truth is exactly:
        _judge_events(readings, counted(schedule) if counted else schedule, instants)


def _judge_events(readings: Readings, schedule: Schedule, instants: Sequence[int]) -> None:
    """Fail where the bad events of the longest window are not as many as there were since it began."""
    for at in instants:
        counts = {
            int(name.rpartition(":")[2][:-1]): value
            for name, value in readings[at].items()
            if name.startswith("slo:bad_events_tile:")
        }
        days, value = max(counts.items())
        true = count(schedule, max(0, at - days * DAY), at).bad
        assert value == pytest.approx(true, rel=TOLERANCE), (
            f"slo:bad_events_tile:{days}d reads {value}; the count is {true}"
        )


def _judged(
    readings: Readings, rules: Rules, schedule: Schedule, at: int, name: str, window: int, truth: Truth
) -> tuple[float, float, float, int, str]:
    recorded = readings[at + schedule.evaluation if window > WINDOWS["6h"] else at]
    series = naming.error_ratio(name)
    assert series in recorded, f"{series} has no value at {at} ms"
    value, true, allowed = recorded[series], ratio(schedule, at, window), truth(schedule, at, window)
    words = f"{series} reads {value} at {at} ms; the count is {true}, allowed is {allowed}"
    outside = allowed.excess(value) / rules.budget
    # Not a number compares as false with everything: it must not pass for that.
    assert outside >= 0, words
    relative = abs(value - true) / true if true else 0.0
    return abs(value - true) / rules.budget, relative, outside, window, words
