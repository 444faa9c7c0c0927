"""`watchkeeper import --compare`: old rules and ours on the same requests, and who is right by exact counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from tests.loading import load_plan
from tests.unit.importing.imports import imported
from watchkeeper.cli import main
from watchkeeper.cli.text.comparison_text import cells
from watchkeeper.comparing import courses
from watchkeeper.comparing.courses import DAY, Course, Span
from watchkeeper.comparing.old_and_new import STACK, Objective, compare
from watchkeeper.comparing.played_rules import old_rules
from watchkeeper.comparing.who_is_right import Budget, Incident
from watchkeeper.pipeline import render_files

SLOS = """version: prometheus/v1
service: Shop
slos:
  - name: front
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(shop_requests_total{code="500"}[{{.window}}]))
        total_query: sum(rate(shop_requests_total[{{.window}}]))
    alerting: {name: ShopErrors}
"""
SLO = """apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: front, namespace: shop}
spec:
  target: "99"
  window: 4w
  indicator:
    ratio:
      errors: {metric: 'shop_requests_total{job="shop",code="500"}'}
      total: {metric: 'shop_requests_total{job="shop"}'}
"""
# A night with little traffic, in which one request fails, and an hour in which all do.
NIGHT = Course(
    (Span(90, 1), Span(1, 1, 1, "one fails"), Span(119, 1), Span(60, 20, 20, "all fail"), Span(120, 20))
)
QUICK = Course((Span(90, 10), Span(10, 10, 10, "all fail"), Span(80, 10)))
LABELS = {"sloth_id": "Shop-front", "sloth_service": "Shop", "sloth_slo": "front"}


def _rules(*, above: str) -> list[Mapping[str, object]]:
    """Return groups as Sloth names them, with a page of one window."""
    ratio = 'sum(rate(shop_requests_total{code="500"}[5m])) / sum(rate(shop_requests_total[5m]))'
    left = f"1 - ({ratio})"
    alert = {
        "alert": "ShopErrors",
        "expr": f"slo:sli_error:ratio_rate5m > {above}",
        "labels": {"sloth_severity": "page"},
    }
    recorded = {
        "slo:sli_error:ratio_rate5m": ratio,
        "slo:period_error_budget_remaining:ratio": left,
    }
    rules = [{"record": name, "expr": expr, "labels": LABELS} for name, expr in recorded.items()]
    return [
        {"name": "sloth-slo-sli-recordings-Shop-front", "rules": rules},
        {"name": "sloth-slo-alerts-Shop-front", "rules": [alert]},
    ]


def _compared(folder: Path, promtool: str, groups: Sequence[Mapping[str, object]]) -> Objective:
    spec = folder / "spec.yml"
    spec.write_text(f"{imported(folder, 'sloth', SLOS).text}{STACK}")
    plan = load_plan(spec)
    (found,) = compare(plan, render_files(plan), "sloth", groups, (NIGHT,), Path(promtool))
    return found


@pytest.mark.tools
def test_a_page_for_one_request_is_wrong_and_one_for_an_outage_is_right(
    tmp_path: Path, promtool: str
) -> None:
    found = _compared(tmp_path, promtool, _rules(above="0.0144"))
    assert (found.slo_id, found.reason) == ("shop-front", "")
    (course,) = found.found
    one, outage = course.incidents
    assert (one.failed, outage.failed, course.requests) == (1, 1200, 210 + 180 * 20)
    assert (one.counted, one.right) == (None, (False, True))
    assert one.old[0] is not None
    assert one.ours == (None, None)
    assert outage.counted is not None
    assert outage.right == (True, True)
    assert outage.ours[0] is not None
    # More than 1.44% of the hour's requests failed after a minute.
    assert outage.counted[0] == 1
    assert outage.ours[0][0] - outage.counted[0] <= 3
    assert course.budget.so_far == pytest.approx(1 - 1201 / 3810 / 0.001)
    assert course.budget.whole == pytest.approx(1 - 1201 / 3810 / 0.001 * 390 / (30 * DAY))
    assert [row[0:2] + row[-1:] for row in cells(course)] == [
        ("one fails", "1 of 3,810", "ours"),
        ("all fail", "1,200 of 3,810", "both"),
        ("budget left at the end", "", "ours"),
    ]
    # The last five minutes are healthy: a figure that says nothing of what was spent.
    assert course.budget.old == 1, course.budget
    assert course.budget.right == (False, True), course.budget


@pytest.mark.tools
def test_rules_that_cannot_be_played_are_named_with_the_reason(tmp_path: Path, promtool: str) -> None:
    missing = _compared(tmp_path, promtool, [])
    broken = _compared(tmp_path, promtool, _rules(above=")"))
    assert missing.reason == "the rule files have no rules of it"
    assert broken.reason.startswith("promtool cannot play its rules: ")
    assert not missing.is_right
    assert not broken.is_right


def test_the_right_one_pages_where_the_count_does_and_has_its_figure() -> None:
    quiet, loud = None, (1, 2)
    assert Incident("", 0, quiet, (loud, None), (quiet, loud)).right == (False, True)
    assert Incident("", 9, loud, (loud, None), (quiet, None)).right == (True, False)
    assert Budget(0.5, 0.9, 0.501, 0.91).right == (True, False)
    assert Budget(0.5, 0.9, float("nan"), 0.9).right == (False, True)
    assert Budget(0.5, 0.9, None, 0.5).right == (True, True)


def test_pyrras_rules_are_found_by_its_label(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(imported(tmp_path, "pyrra", SLO).text)
    slo = load_plan(tmp_path / "spec.yml").services[0].slos[0]
    record = {"record": "shop_requests:increase4w", "expr": "x", "labels": {"slo": "front"}}
    own, other = {"name": "front-increase", "rules": [record]}, {"name": "x", "rules": [{"expr": "x"}]}
    found = old_rules("pyrra", [own, other], slo)
    assert found is not None
    assert found.groups == (own,)
    assert found.left == (
        '1 - sum(last_over_time(shop_requests:increase4w{code="500"}[10m]))'
        " / sum(last_over_time(shop_requests:increase4w{}[10m])) / 0.01"
    )
    assert old_rules("pyrra", [other], slo) is None


def test_bad_rule_files_are_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slos.yml").write_text(SLOS)
    (tmp_path / "no.yml").write_text("\nfoo: [1]\n")
    (tmp_path / "bad.yml").write_text("groups: [{name: a, rules: [{record: x}]}]\n")
    out, asked = tmp_path / "spec.yml", ["import", "sloth", str(tmp_path / "slos.yml"), "--out"]
    rules = [str(tmp_path / name) for name in ("no.yml", "bad.yml", "away.yml")]
    assert main([*asked, str(out), "--compare", *rules]) == 2
    said = capsys.readouterr().err
    assert f"{rules[0]}:2:1: " in said
    assert f"{rules[1]}:1:1: " in said
    assert "away.yml" in said
    assert not out.exists()
    assert main(["import", "openslo", str(tmp_path / "slos.yml"), "--compare", rules[0]]) == 2
    assert "--compare: rules of openslo are not known" in capsys.readouterr().err


@pytest.mark.tools
def test_the_command_says_who_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], promtool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert promtool
    # Two days take too long for a test; shorter courses go the same way.
    for name in ("pause", "two_days"):
        monkeypatch.setattr(courses, name, lambda: QUICK)
    (tmp_path / "slos.yml").write_text(SLOS)
    resource = {"kind": "PrometheusRule", "spec": {"groups": _rules(above="0.0144")}}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(resource))
    words = ["import", "sloth", str(tmp_path / "slos.yml"), "--compare", str(tmp_path / "rules.yml")]
    assert main([*words, "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["comparison"]
    assert [len(course["incidents"]) for course in one["courses"]] == [1, 1]
    assert one["courses"][0]["incidents"][0]["right"] == {"old": True, "ours": True}
