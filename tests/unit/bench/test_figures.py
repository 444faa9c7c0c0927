"""What the table says follows from what was measured."""

from __future__ import annotations

import pytest

from scripts.rulebench import table
from scripts.rulebench.figures import BARS, Bar, Cost, GroupCost, Row, Verdict, cost, every, verdicts
from scripts.rulebench.readers import read_twice

OURS = Cost(samples=1_000, seconds=0.010, rules=27)


def _row(series: int, **peers: Cost) -> Row:
    return Row(slos=1, series=series, window="30d", costs={"ours": OURS, **peers})


def test_a_group_is_evaluated_each_cycle_unless_it_says_otherwise() -> None:
    assert every({"name": "a", "rules": []}) == 30
    assert every({"name": "a", "interval": "2m30s", "rules": []}) == 150


def test_a_group_counts_by_its_share_of_a_cycle_and_its_median() -> None:
    fast = GroupCost(every=30, samples=(100, 20), seconds=(0.002, 0.9, 0.004))
    slow = GroupCost(every=300, samples=(5_000,), seconds=(0.05, 0.05, 0.05))
    whole = cost([fast, slow])
    assert whole.samples == pytest.approx(100 + 20 + 500)
    assert whole.seconds == pytest.approx(0.004 + 0.005)
    assert whole.rules == 3


def test_a_ratio_is_the_peer_over_ours() -> None:
    row = _row(200, sloth=Cost(samples=250_000, seconds=0.4, rules=17))
    assert row.ratio("sloth", "samples") == pytest.approx(250)
    assert row.ratio("sloth", "seconds") == pytest.approx(40)


@pytest.mark.parametrize(
    ("series", "peers", "reached"),
    [
        (200, {"sloth": Cost(99_000, 0.21, 17)}, {"samples": (99, False), "seconds": (21, True)}),
        (2000, {"sloth": Cost(99_000, 0.99, 17)}, {"seconds": (99, False)}),
        (2000, {"sloth": Cost(99_000, 1.0, 17)}, {"seconds": (100, True)}),
        (200, {"pyrra": Cost(10_000, 0.01, 13)}, {"samples": (10, True)}),
        (200, {}, {}),
    ],
)
def test_a_bar_is_met_from_its_least_on(
    series: int, peers: dict[str, Cost], reached: dict[str, tuple[float, bool]]
) -> None:
    found = {one.bar.what: one for one in verdicts([_row(series, **peers)])}
    assert found.keys() == reached.keys()
    for what, (ratio, is_met) in reached.items():
        assert found[what].reached == pytest.approx(ratio)
        assert found[what].is_met is is_met


def test_the_table_prints_ratios_in_the_line_of_the_peer() -> None:
    row = _row(200, sloth=Cost(samples=250_000, seconds=0.4, rules=17))
    head, ours, sloth = (line.split() for line in table.table([row]))
    assert len(head) == 12
    assert ours == ["1", "200", "30d", "ours", "27", "1,000", "10.0"]
    assert sloth == ["1", "200", "30d", "sloth", "17", "250,000", "250", "400.0", "40"]


def test_a_missed_bar_is_said_loudly() -> None:
    assert BARS
    bar = Bar(200, "sloth", "samples", 100)
    missed, met = table.bars([Verdict(bar, 1, 99.0), Verdict(bar, 10, 100.0)])
    assert missed == "200 series, 1 SLO: 99 times fewer samples than sloth, at least 100 wanted: MISSED"
    assert met.endswith("10 SLOs: 100 times fewer samples than sloth, at least 100 wanted: met")


def test_json_says_the_same() -> None:
    row = _row(2000, sloth=Cost(samples=250_000, seconds=2.0, rules=17))
    told = table.as_json([row], verdicts([row]), [])
    assert told["rows"][0]["kinds"]["sloth"] == {"rules": 17, "samples": 250_000, "seconds": 2.0}
    assert [(one["reached"], one["met"]) for one in told["bars"]] == [(200, True)]


def test_a_range_is_read_twice_only_if_it_is_the_same_range() -> None:
    exprs = [
        'sum(sum_over_time(slo:a{slo_id="x"}[1h])) / sum(count_over_time(slo:a{slo_id="x"}[1h:30s]))',
        'max(slo:a{slo_id="x"}) + sum(sum_over_time(slo:a{slo_id="x"}[2h])) + sum(sum_over_time(slo:b{slo_id="x"}[1h]))',
    ]
    assert read_twice([{"name": "g", "rules": [{"expr": expr} for expr in exprs]}]) == {"slo:a[1h]": 2}
