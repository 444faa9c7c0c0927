"""The computed cost of one objective's rules is what a real Prometheus records and reads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from tests.integration.recorded import prometheus
from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.cost.rule_cost import our_cost
from watchkeeper.model.slo import TILE
from watchkeeper.pipeline import render_files

pytestmark = pytest.mark.tools
SERIES, SCRAPE, EVERY, DAY = 20, 15, 30, 86_400
SPEC = """version: watchkeeper/v1
service: shop
scrape: false
slos: [{name: o, objective: 99%, window: 7d, sli: {events: {bad: bad_total, total: all_total}, external: true}}]
"""
OWN = 'service="shop",slo="o",slo_id="shop-o",team="unassigned"'


@dataclass(frozen=True)
class Dense:
    """A history in which each series has its own step: raw counters, bases and rollups."""

    now: int
    windows: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield it as OpenMetrics."""
        for number in range(SERIES):
            for name in ("all_total", "bad_total"):
                yield from self._series(f'{name}{{n="{number}"}}', 900, SCRAPE)
        tiled = [f"{name}{{{OWN}}}" for name in (naming.TOTAL_TILE, naming.BAD_TILE)]
        for name in (naming.TOTAL_BASE, naming.BAD_BASE):
            yield from self._series(f"{name}{{{OWN}}}", 7 * 3_600, EVERY)
        for series in tiled:
            yield from self._series(series, 7 * DAY + 3_600, int(TILE.seconds))
        for name in self.windows:
            yield from self._series(f"{name}{{{OWN}}}", 7 * 3_600, int(TILE.seconds))
        yield "# EOF\n"

    def _series(self, series: str, span: int, step: int) -> Iterator[str]:
        for at in range(self.now - span, self.now + 301, step):
            yield f"{series} {at % 7} {at}\n"


def test_series_and_samples_are_those_of_a_real_prometheus(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(SPEC)
    plan = load_plan(tmp_path / "spec.yml")
    groups = yaml.safe_load(render_files(plan)[naming.rules_path("shop", "o")])["groups"]
    computed = our_cost(plan, SERIES)
    now = int(time.time()) // 300 * 300
    windows = tuple(rule["record"] for rule in groups[1]["rules"][2:])
    with prometheus(tmp_path, Dense(now, windows)) as server:
        read = {
            group["name"]: [_samples(server, rule["expr"], now) for rule in group["rules"]]
            for group in groups
        }
    live, rollups = (read[group["name"]] for group in groups)
    recorded = [rule for group in groups for rule in group["rules"] if "record" in rule]
    assert computed.series == len(recorded)
    assert computed.rules == len(live) + len(rollups) * EVERY / float(TILE.seconds)
    # Instant values that Prometheus has not recorded here: a few samples of thousands.
    assert computed.samples_read == pytest.approx(
        sum(live) + sum(rollups) * EVERY / float(TILE.seconds), rel=0.05
    )


def _samples(server: str, expr: str, at: int) -> int:
    query = urlencode({"query": expr, "time": at, "stats": "all"})
    with urlopen(f"{server}/api/v1/query?{query}", timeout=30) as answer:
        return int(json.load(answer)["data"]["stats"]["samples"]["totalQueryableSamples"])
