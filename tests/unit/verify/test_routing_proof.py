"""The proof of routes says which alert loses whom, at which line, for every change of a published alertmanager.yml."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.mutants.routing.run import TEAMS
from tests.conftest import need_tool
from tests.loading import load_plan
from watchkeeper.backends import alertmanager
from watchkeeper.plan.plan import Plan
from watchkeeper.verify.routing.check_routing import RoutingProof, check_routing
from watchkeeper.verify.routing.comparison import compared
from watchkeeper.verify.routing.published_config import Unreadable, read_config
from watchkeeper.verify.routing.routing_fault import FILE

_ROUTE = '        - alertname =~ "DeeperQueue|DeepestQueue"\n'


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(TEAMS)


@pytest.fixture(scope="module")
def text(plan: Plan) -> str:
    return alertmanager.render(plan)[FILE]


def _faults(plan: Plan, text: str) -> list[str]:
    return [str(one) for one in compared(plan, read_config(text)).faults]


def _line(text: str, part: str) -> str:
    return f"{FILE}:{text[: text.index(part)].count(chr(10)) + 1}"


def _without(text: str, start: str, end: str) -> str:
    first = text.index(start)
    return text[:first] + text[text.index(end, first + 1) :]


def test_what_is_rendered_keeps_every_promise(plan: Plan, text: str) -> None:
    found = compared(plan, read_config(text))
    assert found.faults == ()
    assert len(found.reached) == sum(len(service.all_alerts) for service in plan.alerting_services)
    assert len(found.witnesses) > 2 * len(found.reached)


def test_a_deleted_route_is_named_with_the_one_that_takes_its_alerts(plan: Plan, text: str) -> None:
    changed = _without(
        text, "    - receiver: critical-pager-payments", "    - receiver: warning-chat-payments"
    )
    faults = _faults(plan, changed)
    words = "the route of critical takes it instead of critical-pager-payments+chat-payments: "
    words += "pager-payments, chat-payments get no notification for ServiceDown (checkout) and"
    assert any(
        one.startswith(f"{_line(changed, '    - receiver: critical' + chr(10))}: {words}") for one in faults
    )


def test_an_alert_that_ends_at_the_root_receiver_is_a_fault(plan: Plan, text: str) -> None:
    changed = _without(text, "    - receiver: info", "receivers:\n")
    words = "no route takes it, so it ends at the root receiver unrouted: chat gets no notification"
    # The root receiver is the same chat: it is notified, but not as the spec says.
    faults = _faults(plan, changed)
    assert not any(words in one for one in faults)
    assert any("unrouted takes it and not info for DeepQueue (checkout)" in one for one in faults)
    changed = _without(text, "    - receiver: warning-teams", "    - receiver: critical\n")
    changed = _without(changed, "    - receiver: warning\n", "    - receiver: info")
    assert any(
        f"{_line(changed, '  receiver: unrouted')}: {words.replace('chat gets', 'teams gets')}" in one
        for one in _faults(plan, changed)
    )


_HTTP = """\
        http_config:
          tls_config:
            ca_file: secrets/gateway.crt
          authorization:
            credentials_file: secrets/gateway_token
          follow_redirects: false
"""
CHANGES = [
    (_ROUTE, "", "database, desk get a notification that the spec does not ask for, for"),
    ("repeat_interval: 12h", "repeat_interval: 4h", "`repeat_interval` is 4h and not 12h for"),
    ("        - slo_id\n", "", "notifications are grouped by alertname, cluster, environment, service and not"),
    ('channel: "#payments"', 'channel: "#pay"', "`channel` is #pay and not #payments for chat-payments"),
    ("send_resolved: true", "send_resolved: false", "`send_resolved` is false and not true for chat"),
    ("follow_redirects: false", "follow_redirects: true", "`http_config` is {"),
    ("            credentials_file: secrets/gateway_token\n", "            type: Bearer\n", "`http_config` is {"),
    ("    webhook_configs:\n      - url_file: secrets/desk\n        send_resolved: true\n" + _HTTP, "",
     "the receiver warning-database+desk lacks it: desk gets no notification for DeeperQueue (checkout)"),
    ("      mute_time_intervals:\n        - nights\n    - receiver: critical-d", "    - receiver: critical-d",
     "the route is muted during nothing and not nights for"),
    ('end_time: "06:00"', 'end_time: "07:00"', "the hours of nights are not those of the spec for"),
    ("location: Europe/Berlin", "location: UTC", "the hours of nights are not those of the spec for"),
    ("      - severity =~ \"warning|info\"\n", "      - severity =~ \"warning\"\n",
     "the inhibit rule service-down-mutes-lesser-alerts no longer mutes what it should, for DeepQueue (checkout) by"),
    ("      - environment\n      - cluster\n  - name: missing", "      - cluster\n  - name: missing",
     'mutes what must notify, for CheckoutAvailabilityBudgetBelow50Percent (checkout) with environment='),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), CHANGES, ids=[words[-40:] for _, _, words in CHANGES])
def test_each_change_is_named(plan: Plan, text: str, old: str, new: str, words: str) -> None:
    assert old in text
    assert any(words in one for one in _faults(plan, text.replace(old, new))), _faults(
        plan, text.replace(old, new)
    )


def test_a_missing_inhibit_rule_is_a_fault(plan: Plan, text: str) -> None:
    changed = _without(text, "  - name: fast-burn-mutes", "  - name: burn-mutes")
    words = "the inhibit rule fast-burn-mutes-slower-ones is missing, so that alerts are not muted: for"
    assert any(words in one for one in _faults(plan, changed))


_SPEC = """\
version: watchkeeper/v1
service: shop
targets: ["shop:8000"]
alerts: [{preset: service_down, severity: critical}]
notify:
  receivers: {chat: {type: slack, webhook_file: secrets/chat, channel: "#shop"}}
  routes: {critical: [chat], warning: {receivers: [chat], active_hours: [office]}}
  active_hours: [{name: office, weekdays: ["monday:friday"], times: ["08:00-18:00"]}]
  proxy_url: http://proxy.example.com:3128
  no_proxy: [chat.internal]
"""


def test_active_hours_and_the_proxy_are_promises(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(_SPEC)
    plan = load_plan(tmp_path / "spec.yml")
    text = alertmanager.render(plan)[FILE]
    assert _faults(plan, text) == []
    for old, words in (
        (",chat.internal", "the proxy of notifications is not that of the spec"),
        (
            "      active_time_intervals:\n        - office\n",
            "the route is active during nothing and not office",
        ),
        ('"08:00"', "the hours of office are not those of the spec"),
    ):
        assert old in text
        changed = text.replace(old, '"09:00"' if old.startswith('"') else "")
        assert any(words in one for one in _faults(plan, changed)), _faults(plan, changed)


_TURNS = _SPEC.replace("[office]}}", "[office], outside_hours: [mail]}}").replace(
    '"#shop"}}', '"#shop"}, mail: {type: email, to: a@b.example, smarthost: "m:25"}}'
)
_CONTINUES = "      # The next route notifies others at all other times.\n      continue: true\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (_CONTINUES, "", "no notification outside office"),
        (
            "      mute_time_intervals:\n        - office\n",
            "",
            "the route is muted during nothing and not office",
        ),
        ("mute_time_intervals", "active_time_intervals", "the route is active during office and not nothing"),
        (
            "      active_time_intervals:\n        - office\n",
            "",
            "the route is active during nothing and not office",
        ),
        (
            "    - receiver: warning-mail\n",
            "    - receiver: critical\n",
            "mail gets no notification outside office",
        ),
        ("smarthost: m:25", "smarthost: n:25", "`smarthost` is n:25 and not m:25"),
        (
            "      mute_time_intervals:\n        - office\n",
            (
                "      mute_time_intervals:\n        - office\n      continue: true\n"
                '    - receiver: critical\n      matchers:\n        - severity = "warning"\n'
            ),
            "chat gets a notification that the spec does not ask for",
        ),
    ],
)
def test_those_of_other_times_are_a_promise(old: str, new: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(_TURNS)
    plan = load_plan(tmp_path / "spec.yml")
    text = alertmanager.render(plan)[FILE]
    assert _faults(plan, text) == []
    assert old in text
    assert any(words in one for one in _faults(plan, text.replace(old, new))), _faults(
        plan, text.replace(old, new)
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("receivers: [", "while parsing a flow node"),
        ("receivers: 3", "route is missing"),
        ("route: {receiver: a, matchers: ['a=~\"(\"']}\nreceivers: [{name: a}]", "regular expression ( of a"),
        ("route: {receiver: a, matchers: ['a b']}\nreceivers: [{name: a}]", "the matcher a b cannot be read"),
        ("route: {receiver: a, group_wait: soon}\nreceivers: [{name: a}]", "another form"),
        ("route: &r {receiver: a, routes: [*r]}\nreceivers: [{name: a}]", "recursive"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason.replace("(", r"\(")):
        read_config(text)


def test_numbers_without_quotes_are_the_minutes_that_alertmanager_reads() -> None:
    interval = "[{name: n, time_intervals: [{times: [{start_time: 22:00, end_time: 24:00}]}]}]"
    config = read_config(f"route: {{receiver: a}}\nreceivers: [{{name: a}}]\ntime_intervals: {interval}")
    hours = config.intervals["n"].hours
    assert hours is not None
    ((zone, minutes),) = hours
    assert (zone, len(minutes), min(minutes)) == ("UTC", 7 * 120, 22 * 60)


@pytest.mark.tools
def test_the_real_alertmanager_is_asked_and_notifies_nobody(plan: Plan, text: str, tmp_path: Path) -> None:
    need_tool("alertmanager")
    proof = _checked(plan, text, tmp_path)
    assert [(one.check, one.verdict) for one in proof.outcomes] == [("routes", "ok"), ("inhibitions", "ok")]
    assert proof.faults == ()
    assert all(one.is_right for one in proof.reaches.values())


@pytest.mark.tools
def test_what_alertmanager_does_not_load_reaches_nobody_and_says_whom_it_would_lose(
    plan: Plan, text: str, tmp_path: Path
) -> None:
    need_tool("alertmanager")
    proof = _checked(
        plan, _without(text, "  - name: critical-database\n", "  - name: critical-chat"), tmp_path
    )
    assert {one.verdict for one in proof.outcomes} == {"failed"}
    first, *others = map(str, proof.faults)
    assert "undefined receiver" in first
    assert any(
        "database gets no notification for CheckoutLatencyFastBurn (checkout)" in one for one in others
    )
    assert {one.reached for one in proof.reaches.values()} == {()}


def _checked(plan: Plan, text: str, folder: Path) -> RoutingProof:
    (folder / FILE).parent.mkdir(parents=True)
    (folder / FILE).write_text(text)
    return check_routing(plan, folder)
