"""The stack's own alerts: which there are, whose they are, whom they notify, and what the Watchdog's route is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.plan.planning import plan_of
from watchkeeper import naming, promql_tree
from watchkeeper.backends import alertmanager, rules, runbooks
from watchkeeper.backends.rules import rules_hash
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import DEAD_MAN
from watchkeeper.model.stack import Stack
from watchkeeper.pipeline import render_files
from watchkeeper.plan.plan import Plan, PlannedAlert
from watchkeeper.plan.self_monitoring.own_alert import own_alerts
from watchkeeper.spec.schema import schema

NOTIFY = """
notify:
  receivers: {chat: {type: slack, webhook_file: secrets/chat, channel: "#a"}}
  routes: {critical: [chat], warning: [chat]}
"""
SWITCH = NOTIFY + "  dead_man: {url_file: secrets/dead_man}\n"
DRILLS = NOTIFY + "  drill_every: 7d\n"
# Every setting that adds an alert.
FULL = "stack: {retention_size: 5GB, backup_every: 1d}\n"
DOWN = "alerts: [{preset: service_down, severity: critical}]\n"


def planned(folder: Path, body: str = "", *, notify: str = NOTIFY) -> Plan:
    return plan_of(folder, f"service: shop\nteam: pay\n{DOWN}{body}{notify}")


def own(plan: Plan) -> dict[str, PlannedAlert]:
    assert plan.own is not None
    return {alert.name: alert for alert in plan.own.alerts}


def routes(plan: Plan) -> tuple[list[dict[str, object]], dict[str, dict[str, object]]]:
    document = yaml.safe_load(alertmanager.render(plan)["monitoring/alertmanager/alertmanager.yml"])
    return document["route"]["routes"], {one["name"]: one for one in document["receivers"]}


def test_each_alert_says_all_that_people_need_and_is_promql(tmp_path: Path) -> None:
    plan = planned(tmp_path, FULL, notify=DRILLS)
    assert len(own(plan)) == 19
    pages = runbooks.render(plan)
    for alert in own(plan).values():
        promql_tree.parse(alert.expr)
        promql_tree.parse(alert.next_query)
        assert all((alert.comment, alert.summary, alert.description, alert.impact, alert.mitigation))
        assert "<" not in alert.summary + alert.description + alert.comment + alert.mitigation
        assert alert.comment.split()[0] in pages[alert.runbook_path]
        assert "/search?service=" not in pages[alert.runbook_path]
        labels = dict(alert.labels)
        assert (labels["service"], labels["team"]) == ("watchkeeper", "pay")
        assert labels["severity"] == alert.severity


def test_each_alert_has_a_proof_that_it_fires_and_all_but_the_watchdog_that_they_end(tmp_path: Path) -> None:
    plan = planned(tmp_path, FULL, notify=DRILLS)
    assert plan.own is not None
    seen: dict[str, set[str]] = {}
    for scenario in plan.own.alert_scenarios:
        seen.setdefault(scenario.alert, set()).update(check.aspect for check in scenario.checks)
    assert seen.pop(naming.WATCHDOG) == {"fires"}
    assert set(seen) == set(own(plan)) - {naming.WATCHDOG}
    assert all(aspects == {"fires", "silent", "resolves"} for aspects in seen.values())


def test_every_metric_of_an_alert_is_in_a_proof(tmp_path: Path) -> None:
    plan = planned(tmp_path, FULL, notify=DRILLS)
    assert plan.own is not None
    recorded = {rule.record for rule in plan.own.records}
    for alert in plan.own.alerts:
        fed = {
            text.split("{")[0]
            for scenario in plan.own.alert_scenarios
            if scenario.alert == alert.name
            for text, _ in scenario.series
        }
        read = promql_tree.metric_names(promql_tree.parse(alert.expr))
        assert set(read) - recorded <= fed, alert.name


def test_a_size_limit_is_watched_only_where_there_is_one(tmp_path: Path) -> None:
    assert "PrometheusDiskNearLimit" not in own(planned(tmp_path))
    assert "PrometheusDiskNearLimit" in own(planned(tmp_path, "stack: {retention_size: 5GB}\n"))


def test_numbers_follow_the_stack(tmp_path: Path) -> None:
    found = own(planned(tmp_path, "stack: {scrape_interval: 2m, self_monitoring: {samples: 700}}\n"))
    # Four scrapes; the longest timeout is ten seconds.
    assert "[8m]" in found["PrometheusRuleFailures"].expr
    assert found["ScrapeNearTimeout"].expr.endswith("> 8")
    assert found["TooManySamples"].expr.endswith("> 700")
    quick = own(planned(tmp_path, "stack: {scrape_interval: 2s}\n"))
    assert "[5m]" in quick["PrometheusRuleFailures"].expr
    assert quick["ScrapeNearTimeout"].expr.endswith("> 1.6")


def test_alerts_are_switched_off_and_belong_to_a_team(tmp_path: Path) -> None:
    given = "stack: {self_monitoring: {team: ops, off: [TooManySamples, Watchdog]}}\n"
    plan = planned(tmp_path, given)
    assert not {"TooManySamples", naming.WATCHDOG} & own(plan).keys()
    assert {dict(alert.labels)["team"] for alert in own(plan).values()} == {"ops"}
    assert (plan.routing.watchdog, naming.WATCHDOG_RECEIVER in routes(plan)[1]) == (None, False)
    off = planned(tmp_path, "stack: {self_monitoring: {enabled: false}}\n")
    assert off.own is None
    assert not [path for path in rules.render(off) if "watchkeeper" in path]


def test_a_severity_without_a_route_gives_way_to_the_most_urgent_one(tmp_path: Path) -> None:
    few = NOTIFY.replace(", warning: [chat]", "")
    severities = {alert.severity for alert in own(planned(tmp_path, notify=few)).values()}
    assert severities == {"critical", "none"}


def test_teams_that_differ_leave_the_alerts_unassigned(tmp_path: Path) -> None:
    body = (
        "services: [{service: a, team: one, targets: ['a:1']}, {service: b, team: two, targets: ['b:1']}]\n"
    )
    assert {dict(one.labels)["team"] for one in own(plan_of(tmp_path, body)).values()} == {"unassigned"}


def test_without_a_switch_the_watchdog_notifies_nobody(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    first, receivers = routes(plan)[0][0], routes(plan)[1]
    assert first["receiver"] == "watchdog"
    assert first["matchers"] == ['alert_kind = "watchdog"', 'severity = "none"']
    assert receivers["watchdog"] == {"name": "watchdog"}
    assert own(plan)[naming.WATCHDOG].receivers == ()


def test_the_switch_gets_every_beat_and_no_resolved_message(tmp_path: Path) -> None:
    plan = planned(tmp_path, notify=SWITCH)
    first, receivers = routes(plan)[0][0], routes(plan)[1]
    assert (first["group_wait"], first["group_interval"], first["repeat_interval"]) == ("0s", "1m", "50s")
    assert "continue" not in first
    assert receivers["watchdog"]["webhook_configs"] == [
        {"url_file": "secrets/dead_man", "send_resolved": False}
    ]
    assert own(plan)[naming.WATCHDOG].receivers == (DEAD_MAN,)
    assert "secrets/dead_man" in plan.routing.secret_files


@pytest.mark.parametrize(("beat", "repeat"), [("30s", "25s"), ("5m", "250s"), ("1h", "50m")])
def test_the_repeat_interval_is_shorter_than_any_beat(beat: str, repeat: str, tmp_path: Path) -> None:
    given = SWITCH.replace("dead_man}", f"dead_man, group_interval: {beat}}}")
    first = routes(planned(tmp_path, notify=given))[0][0]
    assert (first["group_interval"], first["repeat_interval"]) == (beat, repeat)


def test_the_hash_is_that_of_every_rule_but_its_own(tmp_path: Path) -> None:
    files = rules.render(planned(tmp_path))
    changed = {**files, naming.SPEC_INFO_FILE: "other"}
    assert f"hash: {rules_hash(files)}" in files[naming.SPEC_INFO_FILE]
    assert rules_hash(changed) == rules_hash(files)
    path = naming.alerts_path("shop")
    assert rules_hash({**files, path: files[path].replace("5m", "6m")}) != rules_hash(files)


def test_the_schema_lists_every_alert_that_can_be_off() -> None:
    known = schema()["properties"]["stack"]
    names = schema()["$defs"]["stack"]["properties"]["self_monitoring"]["properties"]["off"]["items"]["enum"]
    assert known
    full = Stack(retention_size="1GB", backup_every=Duration.parse("1d"))
    assert names == [alert.name for alert in own_alerts(full, drill_every=Duration.parse("7d"))]


def test_overdue_drills_are_watched_only_where_the_spec_asks_for_drills(tmp_path: Path) -> None:
    assert naming.DRILL_OVERDUE not in own(planned(tmp_path))
    plan = planned(tmp_path, notify=DRILLS)
    expr = own(plan)[naming.DRILL_OVERDUE].expr
    assert ("offset 7d" in expr, "[7d]" in expr) == (True, True)
    assert plan.own is not None
    (record,) = plan.own.records
    promql_tree.parse(record.expr)
    text = rules.render(plan)[naming.alerts_path(naming.OWN_SERVICE)]
    assert text.index(f"- record: {record.record}") < text.index("- alert:")


def test_a_long_retention_lets_drills_be_rare(tmp_path: Path) -> None:
    rare = DRILLS.replace("7d", "90d")
    long = planned(tmp_path, "stack: {retention: 91d}\n", notify=rare)
    assert naming.DRILL_OVERDUE in own(long)
    off = planned(tmp_path, f"stack: {{self_monitoring: {{off: [{naming.DRILL_OVERDUE}]}}}}\n", notify=rare)
    assert naming.DRILL_OVERDUE not in own(off)
    assert off.own is not None
    assert off.own.records == ()


def test_old_backups_are_watched_only_where_the_spec_asks_for_backups(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert naming.BACKUP_OVERDUE not in own(plan)
    assert "last_backup" not in "".join(render_files(plan).values())
    daily = planned(tmp_path, "stack: {backup_every: 1d}\n")
    assert own(daily)[naming.BACKUP_OVERDUE].expr.endswith("> 95040")
    files = render_files(daily)
    assert "  - last_backup/*.yml\n" in files[f"{naming.PROMETHEUS}/prometheus.yml"]
    assert files[f"{naming.LAST_BACKUP}/.gitignore"].endswith("\n*\n!.gitignore\n")
