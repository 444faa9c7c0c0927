"""Burn-rate policies and how they fit an objective: every tier can fire, and none on a healthy service."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan.planning import slo_of
from watchkeeper.drill.sequence import _LONGEST_SHORT_WINDOW
from watchkeeper.model.duration import Duration
from watchkeeper.model.position import Position
from watchkeeper.model.slo import Alerting, Sli, Slo
from watchkeeper.plan.slo.alert_spec import KEEP_FIRING
from watchkeeper.plan.slo.policy import PolicyTier, names, shortest_window, tiers_of
from watchkeeper.plan.slo.tiers import SLO_MIN_EVENTS, Tier, fitted_tiers, min_events

HERE = Position("spec.yml", 1, 1)
TEXT = resources.files("watchkeeper.plan.slo").joinpath("windows.yml").read_text()
WINDOWS = ("1d", "7d", "14d", "28d", "30d", "90d")
ROWS = [
    (policy, window)
    for policy in names()
    for window in WINDOWS
    if Duration.parse(window) >= shortest_window(policy)
]


def slo(
    objective: str = "0.999",
    window: str = "30d",
    *,
    policy: str | None = None,
    least: int | None = None,
    traffic: str | None = None,
) -> Slo:
    sli = Sli(
        kind="availability",
        family="http",
        threshold=None,
        bad=None,
        good=None,
        total=None,
        query=None,
        external=False,
        downtime="bad",
        where=HERE,
    )
    alerting = Alerting(
        policy=policy, page="critical", ticket="warning", enabled=True, idle=None, policy_where=HERE
    )
    return Slo(
        name="o",
        description="",
        objective=Decimal(objective),
        window=Duration.parse(window),
        sli=sli,
        labels=(),
        runbook=None,
        alerting=alerting,
        min_events=least,
        expected_traffic=None if traffic is None else Decimal(traffic),
        where=HERE,
        objective_where=HERE,
        window_where=HERE,
    )


def told(tier: PolicyTier | Tier) -> str:
    return f"{tier.kind} {tier.long}/{tier.short} {tier.factor}"


@pytest.mark.parametrize(("policy", "window"), ROWS)
def test_every_row_keeps_the_constraints(policy: str, window: str) -> None:
    tiers = tiers_of(policy, Duration.parse(window))
    assert tiers
    for tier in tiers:
        assert tier.factor > 1 if tier.kind == "page" else tier.factor >= 1
        assert tier.short < tier.long
        assert tier.long.milliseconds * 2 <= Duration.parse(window).milliseconds
    # Fastest first, and pages before tickets: the alerts name their first tier.
    assert [t.long for t in tiers] == sorted(t.long for t in tiers)
    assert [t.factor for t in tiers] == sorted((t.factor for t in tiers), reverse=True)
    assert [t.kind for t in tiers] == sorted(t.kind for t in tiers)


@pytest.mark.parametrize(("policy", "window"), ROWS)
def test_a_drill_waits_until_the_fault_has_left_every_short_window(policy: str, window: str) -> None:
    for tier in tiers_of(policy, Duration.parse(window)):
        assert tier.kind == "ticket" or tier.short.seconds + KEEP_FIRING.seconds <= _LONGEST_SHORT_WINDOW


def test_each_share_of_the_budget_is_what_its_factor_makes_of_the_windows() -> None:
    window, checked = Decimal(0), 0
    for line in TEXT.splitlines():
        if row := re.fullmatch(r"  (\d+)d:", line):
            window = Decimal(row[1]) * 86_400
        entry = re.search(r"long: (\w+), short: \w+, factor: ([\d.]+)\}\s+# ([\d.]+) %", line)
        if entry:
            share = Decimal(entry[2]) * Duration.parse(entry[1]).seconds / window * 100
            assert round(share, 1) == Decimal(entry[3]), line
            checked += 1
    assert checked == TEXT.count("kind:")


@pytest.mark.parametrize(
    ("window", "rows"),
    [
        ("1d", "page 1h/5m 4.8, ticket 6h/30m 2"),
        ("7d", "page 1h/5m 8.4, page 6h/30m 2.8, ticket 1d/2h 1.4, ticket 3d/6h 1"),
        ("14d", "page 1h/5m 13.44, page 6h/30m 5.6, ticket 1d/2h 2.1, ticket 3d/6h 1"),
        ("28d", "page 1h/5m 13.44, page 6h/30m 5.6, ticket 1d/2h 2.8, ticket 3d/6h 1"),
        ("30d", "page 1h/5m 14.4, page 6h/30m 6, ticket 1d/2h 3, ticket 3d/6h 1"),
        ("90d", "page 1h/5m 21.6, page 6h/30m 9, ticket 1d/2h 4.5, ticket 9d/18h 1"),
        # Between two rows: the largest that is not longer.
        ("3d", "page 1h/5m 4.8, ticket 6h/30m 2"),
        ("29d", "page 1h/5m 13.44, page 6h/30m 5.6, ticket 1d/2h 2.8, ticket 3d/6h 1"),
        ("89d", "page 1h/5m 14.4, page 6h/30m 6, ticket 1d/2h 3, ticket 3d/6h 1"),
    ],
)
def test_the_default_policy_to_the_digit(window: str, rows: str) -> None:
    assert ", ".join(map(told, tiers_of("default", Duration.parse(window)))) == rows


def test_a_policy_without_so_short_a_row_has_no_tiers() -> None:
    assert tiers_of("workbook", Duration.parse("27d")) == ()
    assert shortest_window("workbook") == Duration.parse("28d")
    with pytest.raises(KeyError):
        tiers_of("nobody's", Duration.parse("30d"))


def test_three_nines_page_over_exactly_144_in_ten_thousand() -> None:
    tiers = fitted_tiers(slo("0.999"), SLO_MIN_EVENTS)
    assert [str(tier.threshold) for tier in tiers] == ["0.0144", "0.006", "0.003", "0.001"]
    assert not any(tier.is_adapted for tier in tiers)


def test_one_nine_adapts_the_tier_that_no_failure_could_reach() -> None:
    first, second, *_ = fitted_tiers(slo("0.9"), SLO_MIN_EVENTS)
    assert (first.policy_factor, first.factor, first.threshold) == (
        Decimal("14.4"),
        Decimal(9),
        Decimal("0.9"),
    )
    assert first.is_adapted
    assert (second.factor, second.threshold, second.is_adapted) == (Decimal(6), Decimal("0.6"), False)


@pytest.mark.parametrize(
    ("objective", "kept"),
    [
        ("0.05", ""),
        ("0.1", "ticket 1d/2h 1, ticket 3d/6h 1"),
        ("0.11", "page 1h/5m 1.01, page 6h/30m 1.01, ticket 1d/2h 1.01, ticket 3d/6h 1"),
        ("0.8", "page 1h/5m 4.50, page 6h/30m 4.50, ticket 1d/2h 3.00, ticket 3d/6h 1.00"),
    ],
)
def test_a_tier_that_would_fire_on_a_healthy_service_goes(objective: str, kept: str) -> None:
    tiers = fitted_tiers(slo(objective), SLO_MIN_EVENTS)
    rounded = [replace(tier, factor=round(tier.factor, 2)) for tier in tiers]
    wanted = [part for part in kept.split(", ") if part]
    assert [told(t).rsplit(" ", 1)[0] for t in rounded] == [w.rsplit(" ", 1)[0] for w in wanted]
    assert [t.factor for t in rounded] == [Decimal(w.rsplit(" ", 1)[1]) for w in wanted]


@given(
    objective=st.decimals("0.001", "0.99999", places=5),
    days=st.integers(1, 90),
    policy=st.sampled_from(names()),
)
def test_whatever_the_objective_no_tier_is_out_of_reach_or_below_the_budget(
    objective: Decimal, days: int, policy: str
) -> None:
    one = slo(str(objective), f"{days}d", policy=policy)
    for tier in fitted_tiers(one, SLO_MIN_EVENTS):
        assert tier.threshold < 1
        assert tier.factor > 1 if tier.kind == "page" else tier.factor >= 1
        assert abs(tier.factor * (1 - objective) - tier.threshold) < Decimal("1e-20")
        assert tier.factor <= tier.policy_factor


def test_the_gate_is_the_specs_number_else_a_tenth_of_what_the_threshold_asks_for() -> None:
    hour, threshold = Duration.parse("1h"), Decimal("0.0144")
    assert min_events(slo(), threshold, hour, Decimal(2)) == 2
    assert min_events(slo(least=7, traffic="50"), threshold, hour, Decimal(2)) == 7
    # 50 a second are 2592 bad ones at the threshold; a tenth, and never less than a whole event.
    assert min_events(slo(traffic="50"), threshold, hour, Decimal(2)) == 260
    assert min_events(slo(traffic="0.001"), threshold, hour, Decimal(2)) == 2


def test_counts_are_compared_half_an_event_under_the_gate() -> None:
    (tier, *_) = fitted_tiers(slo(least=3), SLO_MIN_EVENTS)
    assert (tier.min_events, tier.guard_limit) == (Decimal(3), Decimal("2.5"))


@pytest.mark.parametrize(("scrape", "gate"), [("15s", 30), ("5s", 10)])
def test_an_indicator_of_time_waits_for_two_bad_looks(scrape: str, gate: int, tmp_path: Path) -> None:
    found = slo_of(
        tmp_path,
        sli="{boolean: backup_ok}",
        service="metrics: [{name: backup_ok, type: gauge}]",
        stack=f"retention: 31d, scrape_interval: {scrape}, evaluation_interval: 30s",
    )
    assert {tier.min_events for tier in found.tiers} == {gate}
