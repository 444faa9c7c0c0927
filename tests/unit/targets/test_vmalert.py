"""vmalert's target: every rule is evaluated seconds after those that it reads, within one evaluation interval."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper import promql_tree
from watchkeeper.pipeline import render_target
from watchkeeper.spec.problem import SpecRejected
from watchkeeper.targets.vmalert import APART_SECONDS

SPEC = """version: watchkeeper/v1
services:
- service: checkout
  slos:
  - {name: long, objective: 99%, window: 90d, sli: {availability: http}, alerting: {idle: 1h, budget: [50%, 10%], exhausted_in: 24h}}
  - {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 200ms}}
  - {name: month, objective: 99%, window: month, sli: {availability: http}}
  alerts: [{preset: service_down}, {preset: error_ratio, above: 5%}]
stack: {retention: 91d, evaluation_interval: EVERY}
"""  # noqa: E501


def _files(folder: Path, every: str) -> dict[str, str]:
    (folder / "spec.yml").write_text(SPEC.replace("EVERY", every))
    return render_target(load_plan(folder / "spec.yml"), "vmalert")


def _objective(group: dict[str, Any]) -> str:
    return re.sub(r"(-tiles)?(-\d+)?$", "", group["name"])


def _read(rule: dict[str, Any]) -> set[str]:
    return promql_tree.metric_names(promql_tree.parse(rule["expr"]))


def test_a_rule_comes_after_what_it_reads_and_all_within_an_interval(tmp_path: Path) -> None:
    groups = yaml.safe_load(_files(tmp_path, "30s")["checkout.yml"])["groups"]
    at: dict[tuple[str, str], int] = {}
    for group in groups:
        offset = int(group["eval_offset"].removesuffix("s"))
        assert offset % APART_SECONDS == 0
        assert offset + APART_SECONDS <= 30
        assert group["params"]["latency_offset"] == ["4s"]
        for rule in group["rules"]:
            read = {(_objective(group), name) for name in _read(rule)} & at.keys()
            read.discard((_objective(group), rule.get("record", "")))
            late = "alert" in rule and rule["alert"].endswith("BudgetExhaustedSoon")
            assert all(at[one] < offset for one in read) or late, rule
            if "record" in rule:
                at[_objective(group), rule["record"]] = offset
    assert len({group["name"] for group in groups}) == len(groups)
    assert at["slo-checkout-latency", "slo:bad:rate_base"] < at["slo-checkout-latency", "slo:error_ratio:5m"]
    assert max(at.values()) >= 4 * APART_SECONDS


def test_levels_that_do_not_fit_into_an_interval_are_refused_with_the_figures(tmp_path: Path) -> None:
    with pytest.raises(SpecRejected) as refused:
        _files(tmp_path, "15s")
    first = refused.value.problems[0]
    assert (first.code, first.where.line) == ("WK251", 5)
    assert "vmalert needs 30s" in first.message
    assert first.remedy == "set stack.evaluation_interval to 30s or longer; it is 15s"


def test_vmalert_itself_is_watched(tmp_path: Path) -> None:
    text = _files(tmp_path, "30s")["watchkeeper.yml"]
    alerts = {rule.get("alert") for group in yaml.safe_load(text)["groups"] for rule in group["rules"]}
    assert {"Watchdog", "VmalertRuleFailures", "VmalertNotificationsFailing"} <= alerts
