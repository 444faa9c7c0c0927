"""Which alerts an objective has, what each reads, and what it says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.loading import load_plan
from tests.unit.plan.planning import slo_of
from watchkeeper import naming, promql_tree
from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.plan.inhibitions import inhibited_by
from watchkeeper.plan.slo.budget_alerts import exhaustion_events
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.recordings import bad_events

FAST, SLOW, SPENT, MISSING, IDLE = naming.SLO_ALERTS


def kinds(slo: PlannedSlo) -> list[tuple[str | None, str]]:
    return [(alert.slo_kind, alert.severity) for alert in slo.alerts]


@pytest.mark.parametrize(
    ("alerting", "wanted"),
    [
        ("", [(FAST, "critical"), (SLOW, "warning"), (SPENT, "warning"), (MISSING, "warning")]),
        (
            "page: warning, ticket: info",
            [(FAST, "warning"), (SLOW, "info"), (SPENT, "info"), (MISSING, "info")],
        ),
        ('page: "off"', [(SLOW, "warning"), (SPENT, "warning"), (MISSING, "warning")]),
        ('ticket: "off"', [(FAST, "critical"), (MISSING, "warning")]),
        ("enabled: false", [(MISSING, "warning")]),
        ("enabled: false, idle: 1h", [(MISSING, "warning"), (IDLE, "info")]),
        (
            'page: "off", ticket: info, budget: {50%: critical, 5%: warning}, exhausted_in: 24h',
            [
                (SLOW, "info"),
                (SPENT, "info"),
                ("BudgetExhaustedSoon", "info"),
                ("BudgetBelow5Percent", "warning"),
                ("BudgetBelow50Percent", "critical"),
                (MISSING, "info"),
            ],
        ),
        (
            'ticket: "off", budget: [50%, 25]',
            [
                (FAST, "critical"),
                ("BudgetBelow25Percent", "info"),
                ("BudgetBelow50Percent", "info"),
                (MISSING, "warning"),
            ],
        ),
    ],
)
def test_the_alerts_that_the_team_wants_most_urgent_first(
    alerting: str, wanted: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert kinds(slo_of(tmp_path, slo=f"alerting: {{{alerting}}}" if alerting else "")) == wanted


def test_a_page_is_every_page_tier_and_nothing_else(tmp_path: Path) -> None:
    slo = slo_of(tmp_path)
    fast, slow = slo.alerts[:2]
    for alert, kind in ((fast, "page"), (slow, "ticket")):
        parts = alert.expr.split("\nor\n")
        tiers = [tier for tier in slo.tiers if tier.kind == kind]
        for part, tier in zip(parts, tiers, strict=True):
            lines = [line.strip() for line in part.splitlines()]
            own = '{slo_id="shop-o"}'
            assert lines == [
                "(",
                f"max(slo:error_ratio:{tier.short}{own}) > {tier.threshold}",
                "and",
                f"max(slo:error_ratio:{tier.long}{own}) > {tier.threshold}",
                "and",
                f"{bad_events(slo.parameters, tier.long)} > 1.5",
                ")",
            ]
        assert alert.window == tiers[0].long


def test_bad_events_are_counted_alike_at_any_evaluation_interval(tmp_path: Path) -> None:
    parameters = slo_of(tmp_path).parameters
    base, (hour, six, day) = naming.BAD_BASE, (tier.long for tier in parameters.tiers[:3])
    assert bad_events(parameters, hour) == f'sum(sum_over_time({base}{{slo_id="shop-o"}}[1h:30s])) * 30'
    assert bad_events(parameters, six) == f'sum(sum_over_time({base}{{slo_id="shop-o"}}[6h:1m])) * 60'
    # A tile's series is only there every five minutes: an instant look would miss it half of the time.
    assert bad_events(parameters, day) == 'max(last_over_time(slo:bad_events_tile:1d{slo_id="shop-o"}[6h]))'


def test_a_spent_budget_waits_for_its_gate(tmp_path: Path) -> None:
    slo = slo_of(tmp_path, slo="min_events: 5")
    (spent,) = (alert for alert in slo.alerts if alert.slo_kind == SPENT)
    assert spent.expr == (
        'max(slo:error_budget:remaining_ratio{slo_id="shop-o"}) <= 0\nand\n'
        'max(last_over_time(slo:bad_events_tile:30d{slo_id="shop-o"}[6h])) > 4.5'
    )
    # A tenth of what the budget allows at the expected traffic.
    busy = slo_of(tmp_path, slo="expected_traffic: 10")
    assert exhaustion_events(busy.spec, busy.parameters, busy.indicator) == Decimal(2592)


BUDGET = "alerting: {budget: [50%], exhausted_in: 24h}"


def test_a_share_of_the_budget_waits_for_its_gate_and_does_not_flap(tmp_path: Path) -> None:
    slo = slo_of(tmp_path, slo=f"objective: 99%, window: 7d, min_events: 5, {BUDGET}")
    (below,) = (alert for alert in slo.alerts if alert.slo_kind == naming.budget_below(50))
    assert below.expr == (
        'max(slo:error_budget:remaining_ratio{slo_id="shop-o"}) <= 0.5\nand\n'
        'max(last_over_time(slo:bad_events_tile:7d{slo_id="shop-o"}[6h])) > 4.5'
    )
    # A 120th of 7d.
    assert str(below.keep_firing) == "84m"


def test_a_forecast_asks_for_both_burn_rates_and_enough_events(tmp_path: Path) -> None:
    slo = slo_of(tmp_path, slo=f"objective: 99%, {BUDGET}")
    (soon,) = (alert for alert in slo.alerts if alert.slo_kind == naming.BUDGET_EXHAUSTED_SOON)
    left = 'clamp_min(max(slo:error_budget:remaining_ratio{slo_id="shop-o"}), 0)'
    assert soon.expr == (
        'max(slo:error_budget:exhaustion_seconds{slo_id="shop-o"}) < 86400\nand\n'
        # 1% in 30 days: a burn rate of 30 for each share that is left.
        f'max(slo:error_ratio:5m{{slo_id="shop-o"}}) > {left} * 0.3\nand\n'
        'sum(sum_over_time(slo:bad:rate_base{slo_id="shop-o"}[1h:30s])) * 30 > 1.5'
    )
    assert str(soon.keep_firing) == "30m"


def test_one_burning_objective_is_one_notification(tmp_path: Path) -> None:
    body = "alerting: {budget: [75%, 50%, 5%], exhausted_in: 24h}"
    path = tmp_path / "spec.yml"
    path.write_text(
        "version: watchkeeper/v1\nservice: shop\nslos:\n"
        f"  - {{name: o, objective: 99%, sli: {{availability: http}}, {body}}}\n"
        "  - {name: other, objective: 99%, sli: {availability: http}, alerting: {budget: [50%]}}\n"
    )
    plan = load_plan(path)
    by_name = {alert.name: alert for alert in plan.services[0].all_alerts}

    def muted_by(name: str) -> set[str]:
        return {other.name.removeprefix("ShopO") for other in inhibited_by(plan, by_name[f"ShopO{name}"])}

    burns = {"FastBurn", "SlowBurn", "BudgetExhausted", "BudgetExhaustedSoon"}
    assert muted_by("BudgetBelow75Percent") == burns | {"BudgetBelow50Percent", "BudgetBelow5Percent"}
    assert muted_by("BudgetBelow50Percent") == burns | {"BudgetBelow5Percent"}
    assert muted_by("BudgetBelow5Percent") == burns
    assert muted_by("BudgetExhaustedSoon") == {"FastBurn", "BudgetExhausted"}
    assert muted_by("BudgetExhausted") == {"FastBurn"}
    assert muted_by("FastBurn") == set()


def test_a_missing_metric_waits_five_minutes_and_a_target_must_answer(tmp_path: Path) -> None:
    (missing,) = (alert for alert in slo_of(tmp_path).alerts if alert.slo_kind == MISSING)
    assert missing.expr == 'max(up{service="shop"}) == 1\nunless\nmax(slo:bad:rate_base{slo_id="shop-o"})'
    assert (str(missing.hold), missing.keep_firing) == ("5m", None)


def test_idleness_waits_as_long_as_the_team_said(tmp_path: Path) -> None:
    (idle,) = (a for a in slo_of(tmp_path, slo="alerting: {idle: 90m}").alerts if a.slo_kind == IDLE)
    assert (str(idle.hold), idle.expr) == ("90m", 'max(slo:total:rate_base{slo_id="shop-o"}) == 0')


def test_burns_are_kept_for_two_minutes(tmp_path: Path) -> None:
    kept = {alert.slo_kind: str(alert.keep_firing) for alert in slo_of(tmp_path).alerts if alert.keep_firing}
    assert kept == {FAST: "2m", SLOW: "2m", SPENT: "2m"}


@pytest.mark.parametrize(
    "sli",
    ["{availability: http}", "{latency: http, threshold: 200ms}", "{boolean: 'min(up)'}"],
)
def test_each_alert_names_what_to_ask_next_and_every_query_is_promql(sli: str, tmp_path: Path) -> None:
    alerting = "alerting: {idle: 1h, budget: [50%], exhausted_in: 24h}"
    for alert in slo_of(tmp_path, sli=sli, slo=alerting).alerts:
        for query in (alert.expr, alert.next_query, *alert.description.split("`")[1::2]):
            promql_tree.parse(query)
        assert alert.description.count("{{") == alert.description.count("}}")
        assert alert.description.count("{{ with") == alert.description.count("{{ end }}")
        assert "shop: o" in alert.summary


# The values that routes and silences may rely on, for every objective the same.
KINDS = {
    "FastBurn": "fast_burn",
    "SlowBurn": "slow_burn",
    "BudgetExhausted": "budget_exhausted",
    "MetricMissing": "metric_missing",
    "Idle": "idle",
    "BudgetExhaustedSoon": "budget_exhausted_soon",
    "BudgetBelow50Percent": "budget_below",
    "BudgetBelow5Percent": "budget_below",
}


def test_each_alert_of_an_objective_is_labelled_with_its_kind(tmp_path: Path) -> None:
    found = {
        alert.slo_kind: dict(alert.labels)["alert_kind"]
        for alert in slo_of(tmp_path, slo="alerting: {idle: 1h, budget: [50%, 5%], exhausted_in: 24h}").alerts
    }
    assert found == KINDS


def test_an_alerts_labels_say_whose_it_is_whatever_the_user_calls_his_own(tmp_path: Path) -> None:
    slo = slo_of(
        tmp_path, slo="labels: {tier: gold, area: eu}", service="team: pay\nlabels: {tier: silver, zone: a}"
    )
    for alert in slo.alerts:
        assert dict(alert.labels) == {
            "tier": "gold",
            "area": "eu",
            "zone": "a",
            "team": "pay",
            "severity": alert.severity,
            "service": "shop",
            "slo": "o",
            "slo_id": "shop-o",
            "alert_kind": KINDS[alert.slo_kind or ""],
        }
        assert list(alert.labels) == sorted(alert.labels)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"), (42.4, "42s"), (59.6, "1m"), (312, "5m12s"), (3600, "1h"), (12_960, "3h36m"),
        (86_399, "23h59m"), (187_200, "2d4h"), (2_592_000, "30d"), (3601, "1h"),
    ],
)  # fmt: skip
def test_durations_are_told_in_two_units(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        ("0.005", "0.5%"),
        ("0.9995", "99.95%"),
        ("0.072", "7.2%"),
        ("1", "100%"),
        ("0", "0%"),
        ("0.9999999", "99.99999%"),
    ],
)
def test_shares_are_told_as_people_write_them(ratio: str, text: str) -> None:
    assert percentage(Decimal(ratio)) == text
