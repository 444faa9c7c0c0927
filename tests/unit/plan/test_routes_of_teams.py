"""Routes of teams, services, objectives and alerts: which one an alert takes, and what is rendered for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan, load_spec
from watchkeeper.drill.fast_times import with_short_plan
from watchkeeper.pipeline import render_files
from watchkeeper.plan.notified_labels import route_of, routes_of
from watchkeeper.plan.plan import Plan

SPEC = """\
version: watchkeeper/v1
services:
  - service: checkout
    team: payments
    slos:
      - {name: availability, objective: 99%, sli: {availability: http}, receivers: {warning: [mail]}}
      - {name: cart, objective: 99%, sli: {availability: http}, receivers: {warning: [mail]}}
    alerts:
      - {preset: service_down, severity: critical}
      - {preset: error_ratio, above: 5%, severity: critical, receivers: [chat]}
      - {preset: error_ratio, name: MoreErrors, above: 9%, severity: critical, receivers: [chat]}
      - {preset: error_ratio, name: SomeErrors, above: 1%, severity: warning}
  - service: ledger
    team: payments
    alerts:
      - {preset: service_down, severity: critical}
      - {preset: error_ratio, above: 5%, severity: warning}
  - service: search
    team: discovery
    alerts:
      - {preset: service_down, severity: critical}
      - {preset: error_ratio, above: 5%, severity: warning}
notify:
  receivers:
    pager: {type: pagerduty, routing_key_file: secrets/pager}
    pager-payments: {type: pagerduty, routing_key_file: secrets/pager_payments}
    chat: {type: slack, webhook_file: secrets/chat, channel: "#all"}
    chat-payments: {type: slack, webhook_file: secrets/chat_payments, channel: "#payments"}
    mail: {type: email, to: ledger@example.com, smarthost: "mail.example.com:25"}
  routes: {critical: [pager, chat], warning: [chat]}
  teams:
    payments: {critical: [pager-payments, chat-payments], warning: [chat-payments]}
  services:
    ledger: {warning: [mail]}
"""


IN_TURNS = """\
version: watchkeeper/v1
service: shop
alerts:
  - {preset: service_down, severity: critical}
  - {preset: error_ratio, above: 5%, severity: warning}
notify:
  receivers:
    pager: {type: pagerduty, routing_key_file: secrets/pager}
    chat: {type: slack, webhook_file: secrets/chat, channel: "#all"}
    mail: {type: email, to: a@example.com, smarthost: "mail.example.com:25"}
  routes:
    critical: {receivers: [pager], active_hours: [day, saturday], outside_hours: [mail, pager]}
    warning: {receivers: [chat], active_hours: [day], outside_hours: [mail]}
  mute: [{name: nights, times: ["22:00-06:00"]}]
  active_hours:
    - {name: day, times: ["08:00-20:00"], location: Europe/Berlin}
    - {name: saturday, weekdays: [saturday], times: ["10:00-12:00"]}
"""


def test_others_are_muted_in_the_very_hours_in_which_a_route_is_active(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(IN_TURNS)
    plan = load_plan(tmp_path / "spec.yml")
    document = yaml.safe_load(render_files(plan)["monitoring/alertmanager/alertmanager.yml"])
    inside, outside, warning, evening = document["route"]["routes"][2:]
    assert (inside["receiver"], inside["continue"]) == ("critical", True)
    assert inside["active_time_intervals"] == outside["mute_time_intervals"] == ["day", "saturday"]
    assert (outside["receiver"], "continue" in outside) == ("critical-mail+pager", False)
    assert "active_time_intervals" not in outside
    assert inside["matchers"] == outside["matchers"]
    assert (warning["mute_time_intervals"], warning["active_time_intervals"]) == (["nights"], ["day"])
    assert evening["mute_time_intervals"] == ["nights", "day"]
    names = [one["name"] for one in document["receivers"]]
    assert names[:5] == ["unrouted", "critical", "warning", "critical-mail+pager", "warning-mail"]
    down = next(alert for alert in plan.services[0].alerts if alert.name == "ServiceDown")
    assert [route.receiver for route in routes_of(plan, down)] == ["critical", "critical-mail+pager"]
    first, other = routes_of(plan, down)
    for now in ((), ("day",), ("saturday",), ("day", "saturday"), ("nights",)):
        assert first.notifies(now) != other.notifies(now)


def test_a_fast_copy_notifies_at_every_hour_and_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(IN_TURNS)
    spec, _ = load_spec(tmp_path / "spec.yml")
    routes = with_short_plan(load_plan(tmp_path / "spec.yml"), spec).routing.routes
    assert [(route.receiver, route.continues, route.active_hours) for route in routes] == [
        ("critical", False, ()),
        ("warning", False, ()),
    ]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("teams") / "spec.yml"
    path.write_text(SPEC, encoding="utf-8")
    return load_plan(path)


@pytest.fixture(scope="module")
def config(plan: Plan) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(render_files(plan)["monitoring/alertmanager/alertmanager.yml"])
    return loaded


def reached(plan: Plan, service: str, alert: str) -> tuple[str, ...]:
    (found,) = (a for s in plan.services if s.name == service for a in s.all_alerts if a.name == alert)
    route = route_of(plan, found)
    names = tuple(receiver.name for receiver in route.integrations)
    assert names == found.receivers
    return names


@pytest.mark.parametrize(
    ("service", "alert", "receivers"),
    [
        ("checkout", "HighErrorRate", ("chat",)),
        ("checkout", "CheckoutCartSlowBurn", ("mail",)),
        ("checkout", "CheckoutCartFastBurn", ("pager-payments", "chat-payments")),
        ("checkout", "SomeErrors", ("chat-payments",)),
        ("checkout", "MetricConflict", ("chat-payments",)),
        ("ledger", "HighErrorRate", ("mail",)),
        ("ledger", "ServiceDown", ("pager-payments", "chat-payments")),
        ("search", "ServiceDown", ("pager", "chat")),
        ("search", "HighErrorRate", ("chat",)),
    ],
)
def test_the_most_particular_route_that_names_the_severity_wins(
    plan: Plan, service: str, alert: str, receivers: tuple[str, ...]
) -> None:
    assert reached(plan, service, alert) == receivers


def test_every_alert_takes_the_route_that_the_spec_promises(plan: Plan) -> None:
    for service in plan.services:
        for alert in service.all_alerts:
            assert reached(plan, service.name, alert.name)


def of_the_spec(routes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the routes of alerts, without that of drills."""
    return [route for route in routes if "receiver" in route]


def test_the_routes_are_a_list_from_the_particular_to_the_general(config: dict[str, Any]) -> None:
    assert [(route["receiver"], *route["matchers"]) for route in of_the_spec(config["route"]["routes"])] == [
        ("watchdog", 'alert_kind = "watchdog"', 'severity = "none"'),
        (
            "critical-chat",
            'service = "checkout"',
            'alertname =~ "HighErrorRate|MoreErrors"',
            'severity = "critical"',
        ),
        (
            "warning-mail",
            'service = "checkout"',
            'slo_id =~ "checkout-availability|checkout-cart"',
            'severity = "warning"',
        ),
        ("warning-mail", 'service = "ledger"', 'severity = "warning"'),
        ("critical-pager-payments+chat-payments", 'team = "payments"', 'severity = "critical"'),
        ("warning-chat-payments", 'team = "payments"', 'severity = "warning"'),
        ("critical", 'severity = "critical"'),
        ("warning", 'severity = "warning"'),
    ]
    assert not any("continue" in route for route in config["route"]["routes"])


def test_equal_lists_of_one_severity_share_a_receiver(config: dict[str, Any]) -> None:
    names = [receiver["name"] for receiver in config["receivers"]]
    assert [name for name in names if not name.startswith("drill-")] == [
        *("unrouted", "critical", "warning"),
        *("critical-chat", "warning-mail", "critical-pager-payments+chat-payments", "warning-chat-payments"),
        "watchdog",
    ]


def test_a_route_that_no_alert_takes_is_not_rendered(tmp_path: Path) -> None:
    path = tmp_path / "spec.yml"
    path.write_text(SPEC.replace("ledger: {warning: [mail]}", "ledger: {info: [mail]}"), encoding="utf-8")
    routes = load_plan(path).routing.routes
    assert not any(("service", "=", "ledger") in route.matchers for route in routes)


def test_alerts_with_equal_receivers_and_different_times_have_a_route_each(tmp_path: Path) -> None:
    often = "{receivers: [chat], repeat_interval: 4h}"
    text = SPEC.replace(
        "above: 9%, severity: critical, receivers: [chat]",
        f"above: 9%, severity: critical, receivers: {often}",
    )
    assert text != SPEC
    (tmp_path / "spec.yml").write_text(text, encoding="utf-8")
    plan = load_plan(tmp_path / "spec.yml")
    repeats = {
        alert.name: (str(found.repeat_interval), found.receiver)
        for service in plan.services
        for alert in service.all_alerts
        if (found := route_of(plan, alert))
        and alert.name in ("HighErrorRate", "MoreErrors")
        and service.name == "checkout"
    }
    assert repeats == {"HighErrorRate": ("1h", "critical-chat"), "MoreErrors": ("4h", "critical-chat")}
