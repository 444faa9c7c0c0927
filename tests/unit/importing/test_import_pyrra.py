"""Pyrra's objectives: ratio, latency, native histograms and gauges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.importing.imports import imported, said, slos

_OBJECTIVE = """
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata:
  name: {name}
  namespace: monitoring
  labels: {{prometheus: k8s, pyrra.dev/area: web, pyrra.dev/team: payments}}
spec:
  target: "99.5"
  window: 4w
  description: ""
  indicator:
{indicator}
"""
_RATIO = """
    ratio:
      errors: {metric: 'requests_total{job="shop",code=~"5.."}'}
      total: {metric: 'requests_total{job="shop"}'}
      grouping: [handler]
"""


def _text(indicator: str = _RATIO, name: str = "errors", more: str = "") -> str:
    return _OBJECTIVE.format(name=name, indicator=indicator.strip("\n")) + more


def _sli(folder: Path, indicator: str) -> dict[str, Any]:
    sli: dict[str, Any] = slos(imported(folder, "pyrra", _text(indicator)))["errors"]["sli"]
    return sli


def test_a_ratio_becomes_events_of_its_job(tmp_path: Path) -> None:
    found = imported(tmp_path, "pyrra", _text())
    spec = yaml.safe_load(found.text)
    assert spec["service"] == "shop"
    assert slos(found)["errors"] == {
        "name": "errors",
        "objective": "99.5%",
        "window": "28d",
        "sli": {
            "events": {
                "bad": 'requests_total{job="shop",code=~"5.."}',
                "total": 'requests_total{job="shop"}',
            },
            "external": True,
        },
        "by": ["handler"],
        "at_most": 50,
        "labels": {"area": "web"},
    }
    assert any("16 grouping is `by: [handler]`" in one for one in said(found, "changed"))


@pytest.mark.parametrize(
    ("grouping", "indicator", "why"),
    [
        (
            "[handler, route]",
            None,
            "a budget is by one label, and the objective has one over all values of handler, route",
        ),
        ("[code]", None, "already selects"),
        ("[instance]", None, "instance"),
        ("[job]", "bool_gauge: {metric: 'probe_success'", "measures time"),
    ],
)
def test_a_grouping_that_no_budget_can_have_is_listed_with_the_reason(
    grouping: str, indicator: str | None, why: str, tmp_path: Path
) -> None:
    text = f"    {indicator}, grouping: {grouping}}}" if indicator else _RATIO.replace("[handler]", grouping)
    found = imported(tmp_path, "pyrra", _text(text))
    assert "by" not in slos(found)["errors"]
    (reason,) = (one for one in said(found, "dropped") if "grouping" in one)
    assert why in reason
    assert said(found, "refused") == []


@pytest.mark.parametrize(("grouping", "by"), [("[job]", None), ("[job, handler]", ["handler"]), ("[]", None)])
def test_a_label_that_the_selector_fixes_groups_nothing(
    grouping: str, by: list[str] | None, tmp_path: Path
) -> None:
    found = imported(tmp_path, "pyrra", _text(_RATIO.replace("[handler]", grouping)))
    assert slos(found)["errors"].get("by") == by
    assert [one for one in said(found, "dropped") if "grouping" in one] == []


def test_what_has_no_place_is_listed_with_its_line(tmp_path: Path) -> None:
    found = imported(tmp_path, "pyrra", _text(more="  performanceOverAccuracy: true\n  windwo: 1w\n"))
    fields = [one.split()[:2] for one in said(found, "dropped")]
    assert fields == [
        ["7", "labels.prometheus"],
        ["7", "labels.team"],
        ["9", "alerting.absent"],
        ["17", "performanceOverAccuracy"],
        ["18", "spec.windwo"],
    ]
    assert any("did you mean window?" in one for one in said(found, "dropped"))


def test_a_latency_becomes_one_with_its_threshold(tmp_path: Path) -> None:
    sli = _sli(
        tmp_path,
        """
    latency:
      success: {metric: 'api_seconds_bucket{job="shop",verb=~"LIST|GET",le="5.0"}'}
      total: {metric: 'api_seconds_count{job="shop",verb=~"LIST|GET"}'}
""",
    )
    assert sli == {
        "latency": "api_seconds",
        "threshold": "5s",
        "where": {"job": "shop", "verb": ["LIST", "GET"]},
    }


def test_a_native_histogram_is_declared(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "pyrra",
        _text("""
    latencyNative: {latency: 200ms, total: {metric: 'rpc_seconds{job="shop",code="ok"}'}}
"""),
    )
    assert slos(found)["errors"]["sli"] == {
        "latency": "rpc_seconds",
        "threshold": "200ms",
        "where": {"job": "shop", "code": "ok"},
    }
    assert yaml.safe_load(found.text)["metrics"] == [
        {"name": "rpc_seconds", "type": "histogram", "native": True, "external": True}
    ]


def test_a_gauge_stays_one(tmp_path: Path) -> None:
    assert _sli(tmp_path, "    bool_gauge: {metric: 'probe_success{job=\"shop\"}'}") == {
        "boolean": 'probe_success{job="shop"}',
        "external": True,
    }


@pytest.mark.parametrize(
    ("alerting", "policy"),
    [
        ("{disabled: true}", {"enabled": False}),
        ("{burnrates: false, absent: false}", {"enabled": False}),
        ("{severities: {fastBurn: warning, mediumBurn: warning}}", {"page": "warning"}),
        ("{severities: {slowBurn: info, longTermBurn: info}}", {"ticket": "info"}),
        ("{severities: {fastBurn: page}}", None),
        ("{name: MyBurn, absentName: Gone}", None),
    ],
)
def test_alerts_keep_what_has_a_place(tmp_path: Path, alerting: str, policy: dict[str, Any] | None) -> None:
    found = imported(tmp_path, "pyrra", _text(more=f"  alerting: {alerting}\n"))
    assert slos(found)["errors"].get("alerting") == policy
    absent = [one for one in said(found, "dropped") if "alerting.absent" in one]
    assert (absent == []) == ("absent: false" in alerting)


def test_an_objective_without_a_job_takes_its_namespace(tmp_path: Path) -> None:
    found = imported(tmp_path, "pyrra", _text(_RATIO.replace('job="shop",', "").replace('job="shop"', "")))
    assert yaml.safe_load(found.text)["service"] == "monitoring"
    assert any("its namespace" in one for one in said(found, "changed"))


def test_good_events_that_appear_to_be_bad_are_named(tmp_path: Path) -> None:
    indicator = """
    latency:
      success: {metric: 'api_seconds_bucket{status=~"5..",le="1"}'}
      total: {metric: api_seconds_count}
"""
    found = imported(tmp_path, "pyrra", _text(indicator))
    assert any("appears to be bad" in one for one in said(found, "changed"))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('target: "99.5"', 'target: "0.995"', "did you mean 99.5?"),
        ("window: 4w", "window: 1y", "is not between 1d and 90d"),
        ("window: 4w", "window: soon", "is not a duration"),
        ("    ratio:", "    ration:", "needs exactly one of"),
        ("errors: {metric", "error: {metric", "`errors` is missing"),
    ],
)
def test_a_refused_objective_says_why(tmp_path: Path, old: str, new: str, reason: str) -> None:
    found = imported(tmp_path, "pyrra", _text().replace(old, new))
    (refused,) = [f"`{one.field}` {one.text}" for one in found.changes if one.kind == "refused"]
    assert reason in refused
