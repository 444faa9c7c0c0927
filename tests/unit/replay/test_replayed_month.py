"""A budget of the calendar begins whole with the month, by the clock of its zone."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.replay.grid import Grid
from watchkeeper.replay.recorded_past import open_metrics, recorded
from watchkeeper.replay.replayed_slo import ReplayedSlo

SPEC = """version: watchkeeper/v1
service: shop
signals: [http]
targets: [shop:8000]
slos: [{name: availability, objective: 99.9%, window: WINDOW, sli: {availability: http}}]
"""
# The first of December in Berlin.
TURN = int(datetime(2026, 11, 30, 23, tzinfo=timezone.utc).timestamp())
NOVEMBER = int(datetime(2026, 10, 31, 23, tzinfo=timezone.utc).timestamp())
STEP = 30


def _replayed(folder: Path, window: str) -> ReplayedSlo:
    """Two hours before the turn and two after it, ten requests a second, of which all fail for 20 min before it."""
    (folder / "spec.yml").write_text(SPEC.replace("WINDOW", window))
    (service,) = load_plan(folder / "spec.yml").services
    grid = Grid(TURN - 7_200, STEP, 2 * 7_200 // STEP + 1)
    bad = [10.0 if TURN - 3_600 < grid.moment(index) <= TURN - 2_400 else 0.0 for index in range(grid.count)]
    return ReplayedSlo(service.slos[0], grid, [10.0] * grid.count, bad)


def _at(replayed: ReplayedSlo, moment: int) -> float | None:
    return replayed.remaining[(moment - replayed.grid.start) // STEP]


def test_the_month_before_spends_nothing_of_the_new_budget(tmp_path: Path) -> None:
    replayed = _replayed(tmp_path, "month, time_zone: Europe/Berlin")
    # A thousandth of November's requests may fail.
    november = 1 - 12_000 / (10 * (TURN - NOVEMBER) * 0.001)
    assert _at(replayed, TURN - 300) == pytest.approx(november)
    assert [_at(replayed, at) for at in (TURN, TURN + 30, TURN + 6_000)] == [1.0, 1.0, 1.0]
    assert replayed.budget_events[(TURN + 6_000 - replayed.grid.start) // STEP] == 0.0


def test_a_rolling_window_goes_on(tmp_path: Path) -> None:
    replayed = _replayed(tmp_path, "30d")
    rolling = 1 - 12_000 / (10 * 30 * 86_400 * 0.001)
    assert _at(replayed, TURN + 6_000) == pytest.approx(rolling)


def test_rollups_of_a_month_have_its_beginning_as_a_label(tmp_path: Path) -> None:
    replayed = _replayed(tmp_path, "month, time_zone: Europe/Berlin")
    rollup = naming.calendar_tile(naming.BAD_TILE)
    begins = {
        labels: [at for at, _ in points] for name, labels, points in recorded(replayed) if name == rollup
    }
    assert list(begins) == [(("begins", str(NOVEMBER)),), (("begins", str(TURN)),)]
    # The last rollup of November is recorded in December's first moment.
    assert [times[-1] for times in begins.values()] == [TURN, TURN + 7_200]
    lines = list(open_metrics(replayed, TURN, TURN + 1))
    assert (
        f'slo="availability",slo_id="shop-availability",team="unassigned",begins="{NOVEMBER}"}}'
        in "".join(lines)
    )
    recorded_names = {rule.record for rule in (*replayed.slo.live_rules, *replayed.slo.rollup_rules)}
    assert {line.partition("{")[0] for line in lines} | {naming.EXHAUSTION} == recorded_names
