"""The recording rules of one objective: which there are, and over what each reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.planning import slo_of
from watchkeeper import naming
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.recordings import down

OWN = '{slo_id="shop-o"}'


def rule(slo: PlannedSlo, record: str) -> str:
    (found,) = (one.expr for one in (*slo.live_rules, *slo.rollup_rules) if one.record == record)
    return found


def test_the_windows_are_the_tiers_and_the_objectives_own(tmp_path: Path) -> None:
    parameters = slo_of(tmp_path, slo="objective: 99.9%, window: 90d").parameters
    assert " ".join(map(str, parameters.windows)) == "5m 30m 1h 2h 6h 18h 1d 9d 90d"
    assert " ".join(map(str, parameters.rollup_windows)) == "18h 1d 9d 90d"
    short = slo_of(tmp_path, slo="objective: 99.9%, window: 1d").parameters
    assert " ".join(map(str, short.windows)) == "5m 30m 1h 6h 1d"


def test_what_is_recorded_at_each_evaluation_in_order(tmp_path: Path) -> None:
    slo = slo_of(tmp_path, slo="objective: 99.9%, window: 7d")
    ratios = [naming.error_ratio(window) for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "7d")]
    people = [naming.OBJECTIVE, naming.REMAINING, "slo:burn_rate:1h", "slo:burn_rate:6h", naming.EXHAUSTION]
    assert [one.record for one in slo.live_rules] == [naming.TOTAL_BASE, naming.BAD_BASE, *ratios, *people]
    tiles = [
        name
        for window in ("1d", "3d", "7d")
        for name in (naming.bad_events_tile(window), naming.error_ratio_tile(window))
    ]
    assert [one.record for one in slo.rollup_rules] == [naming.TOTAL_TILE, naming.BAD_TILE, *tiles]


@pytest.mark.parametrize(
    ("window", "covered"),
    [
        ("5m", None),
        ("30m", None),
        ("1h", "[1h:30s])) / 120"),
        ("2h", "[2h:30s])) / 240"),
        ("6h", "[6h:1m])) / 360"),
    ],
)
def test_ratios_are_weighted_by_traffic_and_missing_history_is_healthy(
    window: str, covered: str | None, tmp_path: Path
) -> None:
    expr = rule(slo_of(tmp_path), naming.error_ratio(window))
    ratio = (
        f"sum(sum_over_time(slo:bad:rate_base{OWN}[{window}]))\n/\n"
        f"clamp_min(sum(sum_over_time(slo:total:rate_base{OWN}[{window}])), 1e-9)"
    )
    if covered is None:
        assert expr == ratio
    else:
        assert expr == (f"{ratio}\n*\nclamp_max(sum(count_over_time(slo:total:rate_base{OWN}{covered}, 1)")


def test_long_windows_are_read_over_six_hours_and_begin_with_a_share_of_them(tmp_path: Path) -> None:
    assert rule(slo_of(tmp_path), naming.error_ratio("3d")) == (
        f"max(last_over_time(slo:error_ratio_tile:3d{OWN}[6h]))\nor\n"
        f"max(slo:error_ratio:6h{OWN}) * 21600 / 259200"
    )


def test_rollups_are_means_and_their_part_without_samples_is_healthy(tmp_path: Path) -> None:
    slo = slo_of(tmp_path)
    assert rule(slo, naming.TOTAL_TILE) == f"avg(avg_over_time(slo:total:rate_base{OWN}[5m]))"
    assert rule(slo, naming.BAD_TILE) == (
        f"avg(avg_over_time(slo:bad:rate_base{OWN}[5m]))\n*\n"
        f"clamp_max(sum(count_over_time(slo:bad:rate_base{OWN}[5m:30s])) / 10, 1)"
    )
    # A range that includes both ends has one rollup too many: all together represent at most the window.
    assert rule(slo, naming.bad_events_tile("3d")) == (
        f"sum(sum_over_time(slo:bad:rate_tile{OWN}[3d]))\n*\n"
        f"clamp_max(259200 / sum(count_over_time(slo:bad:rate_tile{OWN}[3d])), 300)"
    )


def test_what_people_read(tmp_path: Path) -> None:
    slo = slo_of(tmp_path)
    assert rule(slo, naming.OBJECTIVE) == "vector(0.999)"
    assert rule(slo, naming.REMAINING) == f"1 - max(slo:error_ratio:30d{OWN}) / 0.001"
    assert rule(slo, "slo:burn_rate:6h") == f"max(slo:error_ratio:6h{OWN}) / 0.001"
    assert rule(slo, naming.EXHAUSTION) == (
        f"clamp_min(max(slo:error_budget:remaining_ratio{OWN}), 0) * 2592000 / (max(slo:burn_rate:1h{OWN}) > 0)"
    )


@pytest.mark.parametrize("downtime", ["bad", "gap"])
def test_downtime_reads_up_only_where_it_is_bad(downtime: str, tmp_path: Path) -> None:
    slo = slo_of(tmp_path, sli=f"{{availability: http, downtime: {downtime}}}")
    for record in (naming.TOTAL_BASE, naming.BAD_BASE):
        assert ("max_over_time(up" in rule(slo, record)) is (downtime == "bad")
    if downtime == "gap":
        assert rule(slo, naming.TOTAL_BASE) == slo.indicator.total
        assert rule(slo, naming.BAD_BASE) == slo.indicator.bad


def test_a_service_is_down_when_nothing_answered_for_three_scrapes(tmp_path: Path) -> None:
    parameters = slo_of(tmp_path).parameters
    assert down(parameters) == '(max(max_over_time(up{service="shop"}[45s])) == 0)'
    assert down(parameters, offset="30s") == '(max(max_over_time(up{service="shop"}[45s] offset 30s)) == 0)'


def test_every_rule_has_a_comment_of_one_line(tmp_path: Path) -> None:
    slo = slo_of(tmp_path)
    for one in (*slo.live_rules, *slo.rollup_rules):
        assert one.comment.endswith(".")
        assert "\n" not in one.comment
