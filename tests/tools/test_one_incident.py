"""One problem is one incident, on the real Alertmanager: what pages, what is muted, and what follows a recovery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.paging import Paging, paging

pytestmark = pytest.mark.tools

SERVICE = """\
  - service: {name}
    slos:
      - name: availability
        objective: 99.5%
        sli: {{availability: http}}
        alerting: {{idle: 1h, budget: [50%, 25%], exhausted_in: 24h}}
      - {{name: latency, objective: 95%, sli: {{latency: http, threshold: 200ms}}}}
      - {{name: cart, objective: 99%, sli: {{availability: http, where: {{handler: /cart}}}}, alerting: {{budget: [50%, 25%]}}}}
    alerts:
      - {{preset: service_down, for: 2m, severity: critical}}
      - {{preset: error_ratio, above: 5%, severity: critical}}
      - {{preset: error_ratio, name: SomeErrors, above: 1%, severity: warning}}
"""
NOTIFY = """\
notify:
  receivers:
    pagerduty: {routing_key_file: secrets/pagerduty_key}
    slack: {webhook_file: secrets/slack_webhook, channel: "#shop"}
  routes: {critical: [pagerduty], warning: [slack], info: [slack]}
stack: {environment: production, cluster: eu-1}
"""
SPEC = f"services:\n{SERVICE.format(name='checkout')}{SERVICE.format(name='search')}{NOTIFY}"
BURNS = ("CheckoutAvailabilityFastBurn", "CheckoutLatencyFastBurn", "CheckoutCartFastBurn")
DOWN = "checkout/ServiceDown"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Paging]:
    with paging(tmp_path, SPEC) as running:
        yield running


def test_a_dead_process_is_one_page(shop: Paging) -> None:
    shop.fire(DOWN, "checkout/SomeErrors", "CheckoutAvailabilitySlowBurn", *BURNS)
    shop.settle()
    assert shop.paged() == ["ServiceDown"]
    assert shop.sinks.client.deliveries(channel="slack") == []
    shop.resolve(*BURNS, "checkout/SomeErrors", "CheckoutAvailabilitySlowBurn", DOWN)
    shop.settle()
    events = shop.sinks.client.deliveries(channel="pagerduty")
    assert [one.status for one in events] == ["firing", "resolved"]
    assert len({one.raw["dedup_key"] for one in events}) == 1


def test_a_second_critical_problem_is_a_second_incident(shop: Paging) -> None:
    shop.fire(DOWN)
    shop.settle()
    shop.fire("checkout/HighErrorRate")
    shop.settle()
    assert shop.paged() == ["ServiceDown", "HighErrorRate"]
    assert len({one.raw["dedup_key"] for one in shop.pages()}) == 2


def test_two_objectives_that_burn_are_two_incidents(shop: Paging) -> None:
    shop.fire(*BURNS[:2])
    shop.settle()
    assert sorted(shop.paged()) == sorted(BURNS[:2])
    assert len({one.raw["dedup_key"] for one in shop.pages()}) == 2


@pytest.mark.parametrize(
    "elsewhere", [{"environment": "staging"}, {"cluster": "us-1"}, {"service": "search"}]
)
def test_an_outage_elsewhere_mutes_nothing(shop: Paging, elsewhere: dict[str, str]) -> None:
    shop.fire(DOWN, **elsewhere)
    shop.settle()
    shop.fire("checkout/SomeErrors", BURNS[0])
    shop.settle()
    assert shop.paged() == ["ServiceDown", BURNS[0]]
    assert [one.alerts for one in shop.sinks.client.deliveries(channel="slack")] == [("SomeErrors",)]
    assert shop.suppressed() == set()


def test_the_same_problem_in_two_environments_is_two_incidents(shop: Paging) -> None:
    shop.fire(DOWN)
    shop.fire(DOWN, environment="staging")
    shop.settle()
    assert len({one.raw["dedup_key"] for one in shop.pages()}) == 2


@pytest.mark.parametrize("missing", ["service", "environment", "cluster"])
def test_alerts_that_both_lack_a_label_do_not_mute_each_other(shop: Paging, missing: str) -> None:
    shop.fire(DOWN, **{missing: ""})
    shop.settle()
    shop.fire("checkout/SomeErrors", **{missing: ""})
    shop.settle()
    assert len(shop.sinks.client.deliveries(channel="slack")) == 1


def test_a_fast_burn_mutes_the_slower_alerts_of_its_objective_only(shop: Paging) -> None:
    own = ("CheckoutAvailabilitySlowBurn", "CheckoutAvailabilityBudgetExhausted")
    shop.fire(BURNS[0], *own, "CheckoutLatencySlowBurn")
    shop.settle()
    assert shop.suppressed() == set(own)
    assert shop.paged() == [BURNS[0]]
    assert [one.alerts for one in shop.sinks.client.deliveries(channel="slack")] == [
        ("CheckoutLatencySlowBurn",)
    ]


def test_a_slow_burn_that_remains_after_a_fast_one_is_no_page(shop: Paging) -> None:
    shop.fire(BURNS[0], "CheckoutAvailabilitySlowBurn")
    shop.settle()
    shop.resolve(BURNS[0])
    shop.settle()
    assert shop.paged() == [BURNS[0]]
    assert [one.alerts for one in shop.sinks.client.deliveries(channel="slack")] == [
        ("CheckoutAvailabilitySlowBurn",)
    ]


def test_a_burn_that_outlasts_the_outage_is_neither_paged_again_nor_left_open(shop: Paging) -> None:
    shop.fire(BURNS[0])
    shop.settle()
    shop.fire(DOWN)
    shop.settle()
    shop.resolve(DOWN)
    shop.settle()
    shop.resolve(BURNS[0])
    shop.settle()
    events = shop.sinks.client.deliveries(channel="pagerduty")
    assert [(one.status, *one.alerts) for one in events] == [
        ("firing", BURNS[0]),
        ("firing", "ServiceDown"),
        ("resolved", "ServiceDown"),
        ("resolved", BURNS[0]),
    ]


def test_a_missing_metric_mutes_the_idle_alert_of_its_objective_only(shop: Paging) -> None:
    shop.fire("CheckoutAvailabilityMetricMissing", "CheckoutAvailabilityIdle", "SearchAvailabilityIdle")
    shop.settle()
    assert shop.suppressed() == {"CheckoutAvailabilityIdle"}


HALF, QUARTER, SOON = "BudgetBelow50Percent", "BudgetBelow25Percent", "BudgetExhaustedSoon"
# What burns or is left of one objective, and which of these notify.
BUDGETS = (
    ((HALF,), (HALF,)),
    ((HALF, QUARTER), (QUARTER,)),
    ((HALF, QUARTER, SOON), (SOON,)),
    ((HALF, QUARTER, SOON, "BudgetExhausted"), ("BudgetExhausted",)),
    ((HALF, QUARTER, SOON, "SlowBurn"), (SOON, "SlowBurn")),
    ((HALF, QUARTER, SOON, "FastBurn"), ("FastBurn",)),
    ((HALF, QUARTER, SOON, "BudgetExhausted", "SlowBurn", "FastBurn"), ("FastBurn",)),
)


def test_what_is_left_of_a_budget_notifies_unless_something_more_urgent_of_its_objective_does(
    shop: Paging,
) -> None:
    for number, (firing, _) in enumerate(BUDGETS):
        shop.fire(*(f"CheckoutAvailability{one}" for one in firing), environment=f"e{number}")
    shop.settle()
    for number, (firing, notifying) in enumerate(BUDGETS):
        muted = {f"CheckoutAvailability{one}" for one in set(firing) - set(notifying)}
        assert shop.suppressed(environment=f"e{number}") == muted, firing


def test_a_budget_mutes_nothing_of_another_objective_service_or_environment(shop: Paging) -> None:
    shop.fire("CheckoutAvailabilityFastBurn", "CheckoutAvailabilityBudgetBelow25Percent")
    shop.fire("CheckoutCartBudgetBelow50Percent", "SearchAvailabilityBudgetBelow50Percent")
    shop.fire("CheckoutAvailabilityBudgetBelow50Percent", environment="staging")
    for source in ("FastBurn", QUARTER):
        shop.fire(*(f"CheckoutAvailability{one}" for one in (source, HALF)), environment=source, slo_id="")
    shop.settle()
    assert shop.suppressed() == {"CheckoutAvailabilityBudgetBelow25Percent"}


def test_a_dead_process_mutes_what_is_said_of_its_budgets(shop: Paging) -> None:
    lost = ("CheckoutAvailabilityBudgetExhaustedSoon", "CheckoutCartBudgetBelow25Percent")
    shop.fire(DOWN, *lost, "SearchAvailabilityBudgetBelow25Percent")
    shop.settle()
    assert shop.suppressed() == set(lost)


def test_a_burn_that_ends_leaves_the_lowest_level_of_its_budget_and_not_all_of_them(shop: Paging) -> None:
    burn, half, quarter = (f"CheckoutAvailability{one}" for one in ("FastBurn", HALF, QUARTER))
    shop.fire(burn, half, quarter)
    shop.settle()
    shop.resolve(burn)
    shop.settle()
    told = [one.alerts for one in shop.sinks.client.deliveries(channel="slack")]
    assert told == [(quarter,)]
