"""Objectives with a budget for each value of a label have no single past: they are named, and not replayed."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.cli.text.backtest_text import Shown, document, lines
from watchkeeper.replay.backtest import ask, backtest
from watchkeeper.replay.grid import Grid
from watchkeeper.replay.past_events import Past

SPEC = """version: watchkeeper/v1
service: shop
signals: [http]
targets: [shop:8000]
slos:
  - {name: availability, objective: 99.9%, sli: {availability: http}}
  - {name: routes, objective: 99%, by: [handler], sli: {availability: http}}
"""


class _WithoutSeries(Past):
    """The past of a Prometheus that has no series; keeps what it was asked."""

    def __init__(self, grid: Grid) -> None:
        super().__init__("http://127.0.0.1:1", grid)
        self.asked: list[str] = []

    def _asked(self, query: str) -> dict[tuple[tuple[str, str], ...], array[float]]:
        self.asked.append(query)
        return {}


def test_a_backtest_names_them_and_asks_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spec.yml").write_text(SPEC)
    plan = load_plan(tmp_path / "spec.yml")
    past = _WithoutSeries(Grid(1_795_900_000, 30, 100))
    monkeypatch.setattr("watchkeeper.replay.past_events.instant_at", lambda *_: [])
    ask(past, [plan])
    (service,) = backtest(past, plan)
    assert [slo.slo_id for slo in service.slos] == ["shop-availability"]
    assert service.by_label == ("shop-routes",)
    assert not any("by (handler)" in query for query in past.asked)
    shown = Shown("spec.yml", (service,), 0.01, past.grid)
    said = list(lines(shown, lambda text, _colour: text, every=False))
    assert "shop-routes: not replayed, because each value of its label has a budget" in said
    assert "shop-routes" in document(shown)["not_replayed"]
