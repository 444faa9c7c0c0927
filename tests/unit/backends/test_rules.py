"""The rendered rule files, read back: the plan and nothing else, and safe whatever else is in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.unit.plan.planning import plan_of
from watchkeeper import naming, promql_tree
from watchkeeper.backends.rules import render
from watchkeeper.emit.promql import alert_template_unescape
from watchkeeper.plan.plan import Plan

SLOS = {
    "availability": "{availability: http}",
    "gap": "{availability: http, downtime: gap}",
    "latency": "{latency: http, threshold: 200ms}",
    "events": "{events: {good: 'sandbox_executions_total{status=\"success\"}', total: sandbox_executions_total}}",
    "boolean": "{boolean: backup}",
    "ratio": "{ratio: 'max(backup)'}",
    "foreign": "{latency: edge_seconds, threshold: 1s, external: true}",
}
METRICS = (
    "metrics: [{name: backup, type: gauge},"
    " {name: edge_seconds, type: histogram, buckets: [1, 2], external: true}]"
)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    slos = "\n".join(
        f"  - {{name: {name}, objective: 99%, window: {window}, sli: {sli}, alerting: {{idle: 1h}}}}"
        for (name, sli), window in zip(
            SLOS.items(), ("30d", "1d", "7d", "90d", "28d", "14d", "30d"), strict=True
        )
    )
    body = f"service: shop\nsignals: [http, sandbox]\n{METRICS}\nslos:\n{slos}\n"
    return plan_of(
        tmp_path_factory.mktemp("rules"),
        f"{body}alerts: [{{preset: service_down}}]\nstack: {{retention: 91d}}\n",
    )


def documents(plan: Plan) -> dict[str, Any]:
    return {path: yaml.safe_load(text) for path, text in render(plan).items()}


def exprs(plan: Plan) -> Iterator[str]:
    """Yield every expression of every file, and the queries in alerts' annotations."""
    for document in documents(plan).values():
        for group in document["groups"]:
            for rule in group["rules"]:
                yield rule["expr"]
                if "alert" in rule:
                    text = rule["annotations"]["description"]
                    yield alert_template_unescape(rule["annotations"]["query"])
                    # What stands between backticks is asked by the template when the alert fires.
                    yield from text.split("`")[1::2]


def test_each_file_is_its_plan_in_the_order_of_evaluation(plan: Plan) -> None:
    files = documents(plan)
    (service,) = plan.services
    own = {naming.alerts_path(naming.OWN_SERVICE), naming.SPEC_INFO_FILE}
    assert set(files) - own == {service.alerts_path, *(slo.rules_path for slo in service.slos)}
    assert set(files) >= own
    for slo in service.slos:
        fast, slow = files[slo.rules_path]["groups"]
        assert (fast["name"], slow["name"]) == (f"slo-shop-{slo.name}", f"slo-shop-{slo.name}-tiles")
        assert ("interval" in fast, slow["interval"]) == (False, "5m")
        labels = {"service": "shop", "slo": slo.name, "slo_id": f"shop-{slo.name}", "team": "unassigned"}
        wanted = [{"record": one.record, "expr": one.expr, "labels": labels} for one in slo.live_rules]
        assert fast["rules"][: len(wanted)] == wanted
        assert [rule["alert"] for rule in fast["rules"][len(wanted) :]] == [one.name for one in slo.alerts]
        assert slow["rules"] == [
            {"record": one.record, "expr": one.expr, "labels": labels} for one in slo.rollup_rules
        ]


def test_each_alert_says_all_that_the_plan_decided(plan: Plan) -> None:
    files = documents(plan)
    for slo in plan.services[0].slos:
        rules = {
            rule.get("alert"): rule for group in files[slo.rules_path]["groups"] for rule in group["rules"]
        }
        for alert in slo.alerts:
            rule = rules[alert.name]
            assert rule["expr"] == alert.expr
            assert rule["labels"] == dict(alert.labels)
            assert rule.get("for") == (str(alert.hold) if alert.hold.milliseconds else None)
            assert rule.get("keep_firing_for") == (str(alert.keep_firing) if alert.keep_firing else None)
            said = rule["annotations"]
            assert list(said) == [
                "summary",
                "description",
                "runbook_path",
                "dashboard_url",
                "traces_url",
                "query",
            ]
            assert said["description"] == alert.description
            assert said["dashboard_url"] == f"http://localhost:3000/d/wk-slo-shop?var-slo={slo.name}"


def test_a_rule_reads_only_what_stands_before_it_or_in_the_other_group(plan: Plan) -> None:
    for slo in plan.services[0].slos:
        seen = {rule.record for rule in slo.rollup_rules}
        for rule in slo.live_rules:
            read = {name for name in names(rule.expr) if name.startswith("slo:")}
            # A rule may read its own past: what it recorded before an outage stands in during it.
            assert read <= seen | {rule.record, naming.TOTAL_BASE, naming.BAD_BASE}, rule.record
            seen.add(rule.record)
        recorded = [rule.record for rule in (*slo.live_rules, *slo.rollup_rules)]
        assert len(recorded) == len(set(recorded))


def names(expr: str) -> list[str]:
    return [promql_tree.metric_name(node) for node in promql_tree.selectors(promql_tree.parse(expr))]


def test_every_selector_of_a_recorded_series_asks_for_its_own_objective(plan: Plan) -> None:
    checked = 0
    for path, document in documents(plan).items():
        for group in document["groups"]:
            for expr in (rule["expr"] for rule in group["rules"]):
                for node in promql_tree.selectors(promql_tree.parse(expr)):
                    if promql_tree.metric_name(node).startswith("slo:"):
                        own = f"shop-{Path(path).stem}"
                        assert ("slo_id", "=", own) in promql_tree.matchers(node)
                        checked += 1
    assert checked > 100


def test_so_do_the_queries_in_annotations(plan: Plan) -> None:
    for expr in exprs(plan):
        assert expr.count("slo:") == expr.count('{slo_id="shop-'), expr


AGGREGATES = {"sum", "max", "avg", "min", "count"}


def bare(node: Any, *, is_wrapped: bool = False) -> Iterator[str]:
    """Yield recorded series that are read, at one moment or over a range, without an aggregation around them.

    Two label sets, as after a change of the team, would make such a rule fail or give two values.
    """
    kind = type(node).__name__
    if kind == "VectorSelector":
        if promql_tree.metric_name(node).startswith("slo:") and not is_wrapped:
            yield node.prettify()
        return
    wrapped = is_wrapped or (kind == "AggregateExpr" and node.modifier is None and str(node.op) in AGGREGATES)
    for one in _below(node):
        yield from bare(one, is_wrapped=wrapped)


def _below(node: Any) -> Iterator[Any]:
    for field in ("expr", "lhs", "rhs", "vector_selector", "args"):
        found = getattr(node, field, None)
        many = found if isinstance(found, list) else [found]
        yield from (one for one in many if one is not None)


def test_the_walk_sees_what_is_not_wrapped() -> None:
    for text in ("slo:a / 2", "sum_over_time(slo:a[5m])", "sum by (slo) (slo:a)", "clamp_min(slo:a, 0)"):
        assert list(bare(promql_parser.parse(text))), text
    assert not list(bare(promql_parser.parse("sum(sum_over_time(slo:a[5m:30s])) + max(slo:b) / 2")))


def test_every_read_of_a_recorded_series_is_wrapped_against_a_second_label_set(plan: Plan) -> None:
    for document in documents(plan).values():
        for group in document["groups"]:
            for rule in group["rules"]:
                assert list(bare(promql_parser.parse(rule["expr"]))) == [], rule["expr"]


@pytest.mark.parametrize(
    "text",
    ["{{ .Values.x }} {{", 'it\'s "quoted"', "line\nanother: 2\n- a", "# no comment", "`x` $labels", "é😀"],
)
def test_user_text_arrives_as_it_was(text: str, tmp_path: Path) -> None:
    spec = {
        "service": "shop",
        "slos": [
            {
                "name": "o",
                "description": text,
                "objective": "99%",
                "sli": {"availability": "http"},
                "labels": {"tier": text.replace("\n", " ")},
            }
        ],
    }
    plan = plan_of(tmp_path, yaml.safe_dump(spec, allow_unicode=True))
    (slo,) = plan.services[0].slos
    document = yaml.safe_load(render(plan)[slo.rules_path])
    alerts = [rule for rule in document["groups"][0]["rules"] if "alert" in rule]
    assert len(alerts) == len(slo.alerts) > 3
    for rule in alerts:
        assert alert_template_unescape(rule["labels"]["tier"]) == text.replace("\n", " ")
        assert alert_template_unescape(rule["annotations"]["description"]).endswith(f" {text}")
        # What is not escaped is an action of Prometheus' templates: only ours may be there.
        assert "{{ .Values" not in rule["annotations"]["description"]


def test_comments_stand_above_what_they_tell_of_and_break_no_line(plan: Plan) -> None:
    for path, text in render(plan).items():
        assert text.startswith("# Code generated by watchkeeper from spec.yml. DO NOT EDIT.\n"), path
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if line.lstrip().startswith(("- record:", "- alert:", "- name:")):
                assert lines[number - 1].lstrip().startswith("# "), line
