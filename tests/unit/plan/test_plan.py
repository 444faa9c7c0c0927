"""What the plan decides beside expressions: buckets, addresses, routes, inhibitions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.pipeline import render_files
from watchkeeper.plan.inhibitions import inhibits
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.service_matcher import with_service

NOTIFY = """
notify:
  receivers:
    slack: {webhook_file: secrets/s, channel: "#a"}
    pagerduty: {routing_key_file: secrets/p}
  routes: {critical: [pagerduty, slack], warning: [slack], info: [slack]}
"""


def _plan(tmp_path: Path, body: str) -> Plan:
    (tmp_path / "spec.yml").write_text(f"version: watchkeeper/v1\n{body}")
    return load_plan(tmp_path / "spec.yml")


def test_every_threshold_is_a_bucket_with_a_finite_one_above_it(tmp_path: Path) -> None:
    plan = _plan(
        tmp_path,
        "service: a\nsignals: [http, sandbox]\n"
        "slos: [{name: l, objective: 95%, sli: {latency: http, threshold: 230ms}}]\n"
        "alerts:\n  - {preset: latency_quantile, above: 40s}\n"
        "  - {name: S, preset: latency_quantile, metric: sandbox_execution_duration_seconds, above: 10s}\n",
    )
    buckets = dict(plan.services[0].buckets)
    http = buckets["http_request_duration_seconds"]
    assert {Decimal("0.23"), Decimal(40), Decimal(80)} <= set(http)
    assert list(http) == sorted(http)
    sandbox = buckets["sandbox_execution_duration_seconds"]
    assert Decimal(10) in sandbox
    assert max(sandbox) > 10


def test_services_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "services:\n  - {service: b}\n  - {service: a}\n")
    assert [service.name for service in plan.services] == ["a", "b"]


def test_a_loopback_target_is_the_host_for_a_container(tmp_path: Path) -> None:
    (service,) = _plan(tmp_path, "service: a\ntargets: ['localhost:8000', 'shop.internal:9000']\n").services
    assert service.compose_targets == ("host.docker.internal:8000", "shop.internal:9000")
    assert service.native_targets == ("localhost:8000", "shop.internal:9000")


def test_the_demo_is_where_each_mode_runs_it(tmp_path: Path) -> None:
    (service,) = _plan(
        tmp_path, "service: a\ntargets: ['localhost:9']\nstack: {demo: a, ports: {demo: 8123}}\n"
    ).services
    assert (service.is_demo, service.native_targets) == (True, ("127.0.0.1:8123",))
    assert service.compose_targets == ("a:8000",)


def test_each_severity_has_one_route_with_the_receivers_of_the_spec(tmp_path: Path) -> None:
    routing = _plan(
        tmp_path, f"service: a\nalerts: [{{preset: service_down, severity: critical}}]\n{NOTIFY}"
    ).routing
    assert {r.severity: tuple(i.name for i in r.integrations) for r in routing.routes} == {
        "critical": ("pagerduty", "slack"),
        "warning": ("slack",),
        "info": ("slack",),
    }
    assert [i.name for i in routing.fallback.integrations] == ["slack"]


def test_repeats_are_multiples_of_the_group_interval(tmp_path: Path) -> None:
    for route in _plan(tmp_path, f"service: a\n{NOTIFY}").routing.routes:
        assert route.repeat_interval.milliseconds % route.group_interval.milliseconds == 0


def test_every_label_of_an_inhibition_is_asked_for_on_both_sides(tmp_path: Path) -> None:
    (rule,) = _plan(
        tmp_path, f"service: a\nalerts: [{{preset: service_down, severity: critical}}]\n{NOTIFY}"
    ).routing.inhibitions
    for label in rule.equal:
        assert (label, "!=", "") in rule.source_matchers
        assert (label, "!=", "") in rule.target_matchers
    assert ("severity", "=~", "warning|info") in rule.target_matchers


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("up", 'up{service="a"}'),
        ('up{job="x"} offset 5m', 'up{job="x",service="a"} offset 5m'),
        ("max_over_time(up[10m:1m]) > 1", 'max_over_time(up{service="a"}[10m:1m]) > 1'),
        (
            "sum(rate(x_total[5m])) / sum(rate(lag_total[5m]))",
            'sum(rate(x_total{service="a"}[5m])) / sum(rate(lag_total[5m]))',
        ),
        ("x{path=~`a\\.b`}", 'x{path=~"a\\\\.b",service="a"}'),
        ('up{service=~"a|b"}', 'up{service=~"a|b"}'),
        ('x{path="a\\"}{"} @ 5', 'x{path="a\\"}{",service="a"} @ 5.000'),
    ],
)
def test_the_services_matcher_is_added_where_it_belongs(given: str, expected: str) -> None:
    assert (
        with_service(given, [("service", "=", "a")], is_external=lambda name: name == "lag_total") == expected
    )


def test_an_external_metric_gets_no_matcher_of_ours(tmp_path: Path) -> None:
    (service,) = _plan(
        tmp_path,
        "service: a\nmetrics:\n  - {name: proxy_seconds, type: histogram, buckets: [1], external: true}\n"
        "  - {name: lag, type: gauge, external: true}\n"
        "alerts:\n  - {preset: latency_quantile, metric: proxy_seconds, above: 1s}\n"
        "  - {preset: gauge_above, metric: lag, above: 3}\n",
    ).services
    assert [alert.expr.count("service=") for alert in service.alerts] == [0, 0]
    assert 'le=~"1|1\\\\.0"' in service.alerts[0].expr


def test_what_prometheus_would_expand_stands_as_it_was_written(tmp_path: Path) -> None:
    files = render_files(_plan(tmp_path, "service: a\nstack: {environment: 'p$HOME'}\n"))
    assert "environment: p$$HOME" in files["monitoring/prometheus/prometheus.yml"]


PAGER = "pager: {type: pagerduty, routing_key_file: s/p}"
MAIL = 'mail: {type: email, to: a@b.example, smarthost: "m:25"}'
CHATS = (
    "chat: {type: slack, webhook_file: s/c, channel: '#a'}",
    "chat: {type: msteamsv2, webhook_file: s/c}",
    "chat: {type: telegram, bot_token_file: s/c, chat_id: 7}",
)


@pytest.mark.parametrize("chat", CHATS)
def test_what_no_route_matches_reaches_a_chat_of_any_kind(tmp_path: Path, chat: str) -> None:
    assert fallback_of(tmp_path, PAGER, MAIL, chat) == ["chat"]


def test_without_a_chat_it_reaches_a_mailbox_before_it_wakes_anybody(tmp_path: Path) -> None:
    assert fallback_of(tmp_path, PAGER, MAIL) == ["mail"]
    assert fallback_of(tmp_path, PAGER) == ["pager"]


def fallback_of(folder: Path, *receivers: str) -> list[str]:
    names = ", ".join(one.partition(":")[0] for one in receivers)
    notify = f"notify:\n  receivers: {{{', '.join(receivers)}}}\n  routes: {{critical: [{names}]}}\n"
    path = folder / "spec.yml"
    path.write_text(f"version: watchkeeper/v1\nservice: shop\n{notify}", encoding="utf-8")
    return [one.name for one in load_plan(path).routing.fallback.integrations]


def test_a_fast_burn_mutes_the_slower_alerts_of_its_objective(tmp_path: Path) -> None:
    slo = "{name: availability, objective: 99%, sli: {availability: http}, alerting: {idle: 1h}}"
    plan = _plan(tmp_path, f"service: a\nslos: [{slo}]\n{NOTIFY}")
    rules = {rule.name: rule for rule in plan.routing.inhibitions}
    fast = rules["fast-burn-mutes-slower-ones"]
    guards = tuple((label, "!=", "") for label in ("service", "slo_id", "environment"))
    source = (("alert_kind", "=", "fast_burn"), ("severity", "=", "critical"))
    assert fast.source_matchers == source + guards
    assert fast.target_matchers == (("alert_kind", "=~", "slow_burn|budget_exhausted"), *guards)
    assert fast.equal == ("service", "slo_id", "environment")
    assert "missing-metric-mutes-idle" in rules


def test_a_fast_burn_mutes_nothing_that_is_more_urgent(tmp_path: Path) -> None:
    alerting = "alerting: {page: warning, ticket: critical}"
    slo = f"{{name: availability, objective: 99%, sli: {{availability: http}}, {alerting}}}"
    plan = _plan(tmp_path, f"service: a\nslos: [{slo}]\n{NOTIFY}")
    assert [rule.name for rule in plan.routing.inhibitions] == ["fast-burn-of-warning-mutes-slower-ones"]
    (fast,) = (one for one in plan.services[0].all_alerts if one.slo_kind == "FastBurn")
    assert inhibits(plan, fast) == ()


def test_every_group_is_one_problem_of_one_environment(tmp_path: Path) -> None:
    routing = _plan(tmp_path, f"service: a\n{NOTIFY}stack: {{cluster: eu-1}}\n").routing
    for route in (routing.fallback, *routing.routes):
        assert route.group_by == ("alertname", "service", "slo_id", "environment", "cluster")


def test_without_objectives_nothing_is_muted_by_them(tmp_path: Path) -> None:
    plan = _plan(tmp_path, f"service: a\nalerts: [{{preset: error_ratio, above: 5%}}]\n{NOTIFY}")
    assert plan.routing.inhibitions == ()


def test_a_threshold_alert_is_labelled_with_its_preset(tmp_path: Path) -> None:
    (service,) = _plan(
        tmp_path,
        "service: a\nsignals: [http, system, health]\nmetrics: [{name: depth, type: gauge}]\nalerts:\n"
        "  - {preset: service_down}\n  - {preset: error_ratio, above: 5%}\n"
        "  - {preset: latency_quantile, above: 500ms}\n  - {preset: saturation, resource: memory, above: 90%}\n"
        "  - {preset: gauge_below, metric: depth, below: 1}\n  - {preset: gauge_above, metric: depth, above: 9}\n"
        "  - {preset: health_failing}\n  - {preset: replicas_below, below: 2}\n  - {name: Own, expr: 'depth > 3'}\n",
    ).services
    kinds = [dict(alert.labels)["alert_kind"] for alert in service.alerts]
    assert kinds == [
        "service_down", "error_ratio", "latency_quantile", "saturation", "gauge_below", "gauge_above", "health_failing",
        "replicas_below", "expression",
        "metric_conflict",
    ]  # fmt: skip


def test_each_file_of_a_service_names_the_file_in_which_the_service_is_written(tmp_path: Path) -> None:
    """Headers named the root spec, in which nobody finds the service."""
    (tmp_path / "monitoring" / "teams").mkdir(parents=True)
    (tmp_path / "monitoring" / "teams" / "pay.yml").write_text(
        "service: pay\nalerts: [{preset: service_down}]\n"
        "slos: [{name: o, objective: 99%, sli: {availability: http}}]\n"
    )
    root = tmp_path / "monitoring" / "SLO_DEFINITIONS.yml"
    root.write_text(
        f"version: watchkeeper/v1\ninclude: [teams/*.yml]\nservices:\n"
        f"  - {{service: web, alerts: [{{preset: service_down}}]}}\n{NOTIFY}"
    )
    files = render_files(load_plan(root))
    sources = {
        path: text.split(" from ")[1].split(". DO NOT")[0] for path, text in files.items() if " from " in text
    }
    for path in (
        "monitoring/prometheus/alerts/pay.yml",
        "monitoring/prometheus/rules/pay/o.yml",
        "monitoring/runbooks/pay/ServiceDown.md",
        "monitoring/runbooks/pay/PayOFastBurn.md",
    ):
        assert sources[path] == "monitoring/teams/pay.yml", path
    for path in (
        "monitoring/prometheus/alerts/web.yml",
        "monitoring/runbooks/web/ServiceDown.md",
        "monitoring/prometheus/prometheus.yml",
        "monitoring/alertmanager/alertmanager.yml",
    ):
        assert sources[path] == "monitoring/SLO_DEFINITIONS.yml", path
