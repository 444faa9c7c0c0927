"""The bounds of docs/reference/accuracy.md are reached: each line of its table, as one burst that shows it."""

from __future__ import annotations

import pytest

from tests.truth.judging import standard
from tests.truth.reading import read
from tests.truth.schedule import MINUTE, SECOND, Burst, Instance, Schedule, Stretch
from tests.truth.schedules import WARM

pytestmark = pytest.mark.tools
_AT, _END = 20 * MINUTE, 30 * MINUTE
_EVENTS = 1_000
_BUSY = (Stretch(0, _END, 1_000),)


def _counted(promtool: str, *instances: Instance) -> float:
    """Return how many bad events of the burst the rules know, as a share of those that there were."""
    recorded = read(promtool, standard(), Schedule(_END, instances), [_END])[_END]
    return recorded["slo:bad_events_tile:30d"] / _EVENTS


def _bursting(phase: int, at: int = _AT, *, failed: int = 0, counted: int = WARM) -> Instance:
    """Return an instance with a burst just before a scrape, the first of so many that fail."""
    missed = ((at, at + failed * 15 * SECOND),) if failed else ()
    burst = Burst(at - SECOND, _EVENTS, is_bad=True)
    return Instance("a", phase * SECOND, (*_BUSY, burst), counted=counted, unreachable=missed)


@pytest.mark.parametrize(("phase", "share"), [(0, 0.8), (1, 0.9867)])
def test_the_first_burst_of_a_counter_at_zero_lacks_a_fifth_at_most(
    phase: int, share: float, promtool: str
) -> None:
    first = Instance("a", phase * SECOND, (*_BUSY, Burst(_AT - SECOND, _EVENTS, is_bad=True)))
    assert _counted(promtool, first) == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize(
    ("failed", "shares"), [(1, {0.5, 1.0}), (2, {0.5}), (3, {0.0, 0.5}), (4, {0.0})], ids=["1", "2", "3", "4"]
)
def test_failed_scrapes_lose_what_no_look_encloses(failed: int, shares: set[float], promtool: str) -> None:
    """A second target answers throughout; the burst falls between the scrapes around the failed ones."""
    other = Instance("b", 0, _BUSY, counted=WARM)
    found = {
        round(_counted(promtool, _bursting(0, at, failed=failed), other), 3)
        for at in (_AT, _AT + 15 * SECOND)
    }
    assert found == shares


def test_what_a_process_counts_before_its_first_scrape_is_lost(promtool: str) -> None:
    born = Instance("a", 5 * SECOND, (*_BUSY, Burst(_AT + SECOND, _EVENTS, is_bad=True)), born=_AT)
    assert _counted(promtool, born, Instance("b", 0, _BUSY, counted=WARM)) == 0


@pytest.mark.parametrize(("before", "share"), [(4, 0.0), (20, 1.0)])
def test_a_restart_loses_what_came_since_the_last_scrape(before: int, share: float, promtool: str) -> None:
    burst = Burst(_AT - before * SECOND, _EVENTS, is_bad=True)
    one = Instance("a", 10 * SECOND, (*_BUSY, burst), counted=WARM, restarts=(_AT,))
    assert _counted(promtool, one) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("phase", [0, 7, 14])
@pytest.mark.parametrize(
    ("counted", "least", "most"), [(0, 0.8, 1.3), (WARM, 1.0, 1.65)], ids=["at 0", "lived"]
)
def test_the_first_scrape_interval_of_a_target_weighs_a_little_else(
    counted: int, least: float, most: float, phase: int, promtool: str
) -> None:
    burst = Burst(_AT + 16 * SECOND, _EVENTS, is_bad=True)
    born = Instance("a", phase * SECOND, (*_BUSY, burst), born=_AT, counted=counted)
    assert least - 1e-6 <= _counted(promtool, born, Instance("b", 0, _BUSY, counted=WARM)) <= most


@pytest.mark.parametrize("phase", [0, 7, 14])
def test_the_last_scrape_interval_of_a_target_weighs_more(phase: int, promtool: str) -> None:
    last = (_AT // (15 * SECOND) - 1) * 15 * SECOND + phase * SECOND
    burst = Burst(last - SECOND, _EVENTS, is_bad=True)
    gone = Instance("a", phase * SECOND, (*_BUSY, burst), counted=WARM, gone=last + SECOND)
    share = _counted(promtool, gone, Instance("b", 0, _BUSY, counted=WARM))
    assert 1 - 1e-6 <= share <= 1.67
    assert share > 1.01, "the bound is not reached"


def test_intervals_without_a_common_multiple_weigh_bursts_unevenly(promtool: str) -> None:
    shares = set()
    for shift in range(0, 300, 75):
        burst = Burst(_AT + shift * SECOND, _EVENTS, is_bad=True)
        instance = Instance("a", 0, (*_BUSY, burst), counted=WARM)
        schedule = Schedule(_END + 10 * MINUTE, (instance,), 35 * SECOND, MINUTE)
        at = _END + 5 * MINUTE
        recorded = read(promtool, standard(scrape=35, evaluation=60), schedule, [at])[at]
        shares.add(round(recorded["slo:bad_events_tile:30d"] / _EVENTS, 3))
    assert all(0.81 <= share <= 1.18 for share in shares)
    assert len(shares) > 1, "they weigh alike"
