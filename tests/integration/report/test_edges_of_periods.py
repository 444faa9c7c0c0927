"""Bursts near the edge between two periods: which one counts them, wherever in five minutes rollups are recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.recorded import prometheus
from tests.integration.report.recorded_month import ROLLUP, Month
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
EDGE = 1_793_491_200  # a midnight
HOUR = 3_600
# An event is in the base rate at once or 105 s later, and in each moment between.
SEEN = 105
BURST = 600.0
# The first and last second of a turn, and some between.
PHASES = (1, 100, 200, 300)
# Seconds from the edge: outside of the bounds of docs/reference/accuracy.md on either side, and inside.
BEFORE, BETWEEN, AFTER = (-405, -250, -106), (-60, 0, 150, 270), (301, 400)


@dataclass(frozen=True)
class _Objective:
    """Ten good events a second and one burst of bad ones; its rollups are recorded at a second of five minutes."""

    phase: int
    burst: int

    @property
    def slo_id(self) -> str:
        return f"p{self.phase}-b{self.burst}"

    def lines(self) -> Iterator[str]:
        labels = f'service="p{self.phase}",slo="b{self.burst}",slo_id="{self.slo_id}"'
        first = EDGE - HOUR - ROLLUP + self.phase
        for end in range(first, EDGE + HOUR + 2 * ROLLUP, ROLLUP):
            bad = BURST * self._share(end - ROLLUP, end) / ROLLUP
            yield f"slo:bad:rate_tile{{{labels}}} {bad!r} {end}\n"
            yield f"slo:total:rate_tile{{{labels}}} {10 + bad!r} {end}\n"
            yield f"slo:objective:ratio{{{labels}}} 0.99999 {end}\n"

    def _share(self, start: int, end: int) -> float:
        """Return the share of the burst that the rollup from `start` to `end` sees."""
        first = EDGE + self.burst
        return max(0, min(end, first + SEEN) - max(start, first)) / SEEN


OBJECTIVES = tuple(_Objective(phase, burst) for phase in PHASES for burst in (*BEFORE, *BETWEEN, *AFTER))


def _bad(server: str, out: Path, start: int, end: int) -> dict[str, float]:
    """Return the bad events of each objective; each one of them belongs to an incident of the same report."""
    words = ["--from", str(start), "--to", str(end), "--at", str(EDGE + HOUR + ROLLUP), "--out", str(out)]
    assert main(["report", "--prometheus", server, *words]) in (0, 1)
    objectives = json.loads(out.read_text())["objectives"]
    for one in objectives:
        assert sum(each["bad_events"] for each in one["incidents"]) == pytest.approx(one["bad_events"]), one
        assert all(each["seconds"] > 0 for each in one["incidents"]), one
    return {one["slo_id"]: one["bad_events"] for one in objectives}


def test_a_burst_counts_on_its_side_of_an_edge_but_for_the_stated_bound(tmp_path: Path) -> None:
    history = Month((), tuple(line for one in OBJECTIVES for line in one.lines()))
    with prometheus(tmp_path, history) as server:
        before = _bad(server, tmp_path / "before.json", EDGE - HOUR, EDGE)
        after = _bad(server, tmp_path / "after.json", EDGE, EDGE + HOUR)
    for one in OBJECTIVES:
        counted = before[one.slo_id], after[one.slo_id]
        # A rollup counts in one of the two, wholly: the burst is never lost and never counted twice.
        assert sum(counted) == pytest.approx(BURST), one
        if one.burst in BEFORE:
            assert counted[1] == 0, one
        if one.burst in AFTER:
            assert counted[0] == 0, one
    assert any(before[one.slo_id] and after[one.slo_id] for one in OBJECTIVES), (
        "a burst in part on both sides"
    )
    # The bound is the least: at some second of five minutes a burst 270 s after the edge counts before it.
    assert before["p300-b270"] > 0
    assert after["p1-b-60"] > 0
