"""The description of a burn alert starts with the values of the moment, as the real Prometheus engine fills them in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.loading import load_plan
from tests.unit.plan.filled_in import filled_in
from watchkeeper.pipeline import render_files

SPEC = """
version: watchkeeper/v1
service: shop
slos:
  - {name: orders, description: Orders that succeed., objective: 99%, window: 30d, sli: {availability: http}}
"""
# Three hours of good requests, then 65 minutes in which a fifth fails; and an outage from the beginning.
BURNS = ("0+0x720 6+6x300", "0+30x720 21624+24x300")
OUTAGE = ("0+30x480", "0+0x480")


LEFT = (
    r"20% bad in 1h \(limit 14\.4%\), budget gone in 1?[0-9][dh] [0-9]+[hm]\. "
    r"[1-9][0-9](\.[0-9])?% of the error budget of 30d is left; burn rate 20\.0 over 1h\. Orders that succeed\."
)
SPENT = (
    r"100% bad in 1h \(limit 14\.4%\), budget gone\. "
    r"The error budget of 30d is overspent by [0-9]+%; burn rate 100\.0 over 1h\. Orders that succeed\."
)


@pytest.mark.parametrize(
    ("failed", "good", "at", "expected"),
    [(*BURNS, "245m", LEFT), (*OUTAGE, "100m", SPENT)],
    ids=["burns", "spent"],
)
def test_a_burn_alert_says_how_much_is_bad_and_when_the_budget_is_gone(
    failed: str, good: str, at: str, expected: str, tmp_path: Path, promtool: str
) -> None:
    (tmp_path / "spec.yml").write_text(SPEC, encoding="utf-8")
    rules = render_files(load_plan(tmp_path / "spec.yml"))["monitoring/prometheus/rules/shop/orders.yml"]
    (tmp_path / "rules.yml").write_text(rules, encoding="utf-8")
    of = 'service="shop",job="shop",instance="a:1",method="GET",handler="/a"'
    series = {
        f'http_requests_total{{{of},status_code="500"}}': failed,
        f'http_requests_total{{{of},status_code="200"}}': good,
        'up{service="shop",job="shop",instance="a:1"}': "1x1200",
    }
    found = filled_in(tmp_path, promtool, "ShopOrdersFastBurn", series, at=at, interval="15s")
    assert re.fullmatch(expected, found["description"]), found["description"]
