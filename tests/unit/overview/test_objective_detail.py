"""What an objective's alerts need is read from the rules that run, as Prometheus spells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_plan
from tests.unit.overview.answers import rows, samples
from watchkeeper.overview.objective_detail import (
    alert_needs,
    ratios_query,
    values_query,
    ways,
    windows,
    with_values,
)
from watchkeeper.prometheus_api import Sample

SPEC = """
version: watchkeeper/v1
service: checkout
targets: ["checkout:8000"]
signals: [http]
slos: [{name: slo, objective: 99.9%, window: 30d, sli: {availability: http}, alerting: {idle: 1h}}]
notify:
  receivers: {hook: {type: webhook, url_file: secrets/hook}}
  routes: {critical: [hook], warning: [hook], info: [hook]}
stack: {retention: 31d}
"""
(ROW,) = rows(samples("slo", target=0.999))


def test_every_alert_of_the_planned_rules_is_understood(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(SPEC)
    (slo,) = load_plan(tmp_path / "spec.yml").services[0].slos
    found = {alert.slo_kind: ways(alert.expr) for alert in slo.alerts}
    assert [[(one.what, one.window, one.least) for one in way] for way in found["FastBurn"]] == [
        [("errors", "5m", 0.0144), ("errors", "1h", 0.0144), ("events", "1h", 2)],
        [("errors", "30m", 0.006), ("errors", "6h", 0.006), ("events", "6h", 2)],
    ]
    assert [[(one.what, one.window, one.least) for one in way] for way in found["SlowBurn"]] == [
        [("errors", "2h", 0.003), ("errors", "1d", 0.003), ("events", "1d", 2)],
        [("errors", "6h", 0.001), ("errors", "3d", 0.001), ("events", "3d", 2)],
    ]
    assert [[(one.what, one.window, one.operator) for one in way] for way in found["BudgetExhausted"]] == [
        [("budget", "", "<="), ("events", "30d", ">")]
    ]
    assert (found["MetricMissing"], found["Idle"]) == ((), ())


@pytest.mark.parametrize(
    "expression", ["", "up == 0", "a > b", "vector(1)", "max(slo:error_ratio:5m) > on() x", "("]
)
def test_an_alert_of_another_form_has_no_conditions(expression: str) -> None:
    assert ways(expression) == ()


def test_one_query_asks_for_the_values_of_all_conditions() -> None:
    expression = (
        "(max(slo:error_ratio:5m) > 0.5 and max(slo:error_ratio:1h) > 0.5) or max(slo:error_ratio:6h) > 0.1"
    )
    rule = {
        "type": "alerting",
        "name": "Fast",
        "query": expression,
        "labels": {"slo_id": "checkout-slo", "alert_kind": "fast_burn"},
    }
    others = [{"type": "recording", "labels": {}}, {**rule, "labels": {"slo_id": "checkout-other"}}]
    needs = alert_needs(ROW, [{"rules": [*others, rule]}])
    query = values_query(needs)
    assert query.count("label_replace(") == 3
    answer = [Sample({"condition": "0"}, 0.6), Sample({"condition": "2"}, 0.05)]
    ((first, second), (third,)) = with_values(needs, answer)[0].ways
    assert [(one.value, one.is_met) for one in (first, second, third)] == [
        (0.6, True),
        (None, False),
        (0.05, False),
    ]


def test_windows_come_shortest_first_with_their_burn_rate() -> None:
    answer = [
        Sample({"__name__": f"slo:error_ratio:{name}"}, value) for name, value in (("30d", 0.0), ("5m", 0.01))
    ]
    assert [(one.name, one.burn and round(one.burn)) for one in windows(ROW, answer)] == [
        ("5m", 10),
        ("30d", 0.0),
    ]
    assert 'slo_id="checkout-slo",team="payments"' in ratios_query(ROW)
