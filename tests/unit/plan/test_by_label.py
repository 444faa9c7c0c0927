"""An objective by a label: every rule keeps its values apart, and each alert is about one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.planning import plan_of, slo_of
from watchkeeper import naming, promql_tree
from watchkeeper.plan.plan import PlannedSlo

ORDERS = (
    "metrics: [{name: orders_total, type: counter, labels: [status, tenant], values: {status: [ok, failed]}}]"
)
SLIS = {
    "availability": "{availability: http}",
    "downtime is a gap": "{availability: http, downtime: gap}",
    "latency": "{latency: http, threshold: 200ms}",
    "events": "{events: {bad: 'sum(orders_total{status=\"failed\"})', total: orders_total}}",
}


def _by(folder: Path, sli: str, by: str) -> PlannedSlo:
    return slo_of(folder, sli=SLIS[sli], slo=f"objective: 99%, {by}", service=ORDERS)


def _aggregations(expr: str) -> list[tuple[str, str]]:
    nodes = promql_tree.nodes(promql_tree.parse(expr))
    return [(str(one.op), str(one.modifier or "")) for one in nodes if type(one).__name__ == "AggregateExpr"]


@pytest.mark.parametrize("sli", SLIS)
def test_every_sum_of_a_recording_rule_keeps_the_values_apart(sli: str, tmp_path: Path) -> None:
    label = "tenant" if sli == "events" else "handler"
    slo = _by(tmp_path, sli, f"by: [{label}], at_most: 7")
    for rule in (*slo.live_rules, *slo.rollup_rules):
        for operator, modifier in _aggregations(rule.expr):
            # What is not by the label: the targets that answer, the places, and the sum of values without one.
            is_about_all = operator in ("topk", "sum") and not modifier
            is_about_targets = operator == "max" and not modifier and "up{" in rule.expr
            assert label in modifier or is_about_all or is_about_targets, rule.expr
    (places,) = (rule for rule in slo.live_rules if rule.record == naming.OWN_BUDGET)
    assert "topk(7," in places.expr
    assert slo.live_rules[0] is places


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("acme", '"acme"'),
        ('a"b', r'"a\"b"'),
        ("$1", '"$$1"'),
        ("{{ x }}", '"{{ x }}"'),
        ("ünï", '"ünï"'),
        ("a\\b", r'"a\\b"'),
    ],
)
def test_a_listed_value_is_written_so_that_it_means_itself(value: str, written: str, tmp_path: Path) -> None:
    quoted = value.replace("'", "''")
    slo = _by(tmp_path, "events", f"by: {{tenant: ['{quoted}', other]}}")
    assert slo.live_rules[0].expr.startswith(f'label_replace(vector(1), "tenant", {written}, "", "")\nor')


def test_an_alert_names_its_value_and_shows_only_its_numbers(tmp_path: Path) -> None:
    slo = _by(tmp_path, "availability", "by: [handler]")
    alerts = {alert.slo_kind: alert for alert in slo.alerts}
    fast, missing = alerts[naming.FAST_BURN], alerts[naming.METRIC_MISSING]
    assert fast.summary.endswith("(handler {{ $labels.handler }})")
    assert fast.by == "handler"
    queries = fast.description.count("{{ with query ")
    assert queries == fast.description.count("handler=%q") == fast.description.count("$labels.handler")
    assert missing.by is None
    assert "handler" not in missing.expr + missing.summary


def test_a_burn_mutes_the_slower_alerts_of_its_own_value_only(tmp_path: Path) -> None:
    objective = "objective: 99%, sli: {availability: http}, alerting: {budget: [25%]}"
    plain = f"service: shop\nsignals: [http]\nslos: [{{name: o, {objective}}}]\n"
    rules = {rule.name: rule for rule in plan_of(tmp_path, plain).routing.inhibitions}
    split = plan_of(tmp_path, plain.replace("name: o,", "name: o, by: [handler],"))
    for rule in split.routing.inhibitions:
        same = rules[rule.name].equal
        is_of_objective = "slo_id" in same
        assert rule.equal == ((*same, "handler") if is_of_objective else same)
        assert rule.source_matchers == rules[rule.name].source_matchers


def test_the_proof_has_a_second_value_that_must_stay_silent(tmp_path: Path) -> None:
    slo = _by(tmp_path, "availability", "by: [handler]")
    assert slo.proof.unproven is None
    beside = [one for one in slo.proof.decoys if one.kind == "companion"]
    assert beside
    assert all('handler="/proof-healthy"' in one.text for one in beside)
    assert {one.title.partition(":")[0] for one in slo.proof.scenarios} >= {
        "a value that has no place fails",
        "a value spends its budget and is renamed",
    }
