"""What the plan says of objectives beforehand, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_spec
from watchkeeper.spec.problem import Problem, SpecRejected

HEAD = """version: watchkeeper/v1
service: shop
targets: ["shop:8000"]
signals: [http, sandbox]
metrics:
  - {name: edge_total, type: counter, labels: [outcome], external: true}
  - {name: jobs_total, type: counter, labels: [kind]}
stack: {retention: 91d}
notify: {receivers: {hook: {type: webhook, url_file: secrets/h}}, routes: {critical: [hook], warning: [hook]}}
slos:
"""
HTTP = "sli: {availability: http}"


def problems(folder: Path, slo: str) -> list[Problem]:
    """Return what is said of one objective, whose key stands on the lines after the head."""
    path = folder / "spec.yml"
    path.write_text(f"{HEAD}  - {{{slo}}}\n")
    try:
        return list(load_spec(path)[1])
    except SpecRejected as rejected:
        return list(rejected.problems)


def said(folder: Path, slo: str, *codes: str) -> list[tuple[str, str]]:
    """Return code and what stands at the place, of the wanted codes."""
    line = f"  - {{{slo}}}"
    found = []
    for one in problems(folder, slo):
        if one.code in codes:
            assert one.where.line == HEAD.count("\n") + 1
            found.append((one.code, line[one.where.column - 1 :]))
    return found


def test_an_ordinary_objective_gives_no_cause_for_words(tmp_path: Path) -> None:
    assert problems(tmp_path, f"name: o, objective: 99.9%, {HTTP}") == []


def test_a_tier_out_of_reach_is_told_at_the_objective(tmp_path: Path) -> None:
    slo = f"name: o, objective: 90%, window: 30d, {HTTP}"
    ((code, at),) = said(tmp_path, slo, "WK304")
    assert at.startswith("90%")
    (problem,) = [one for one in problems(tmp_path, slo) if one.code == code]
    assert "144%" in problem.message
    assert "burn 14.4" in problem.message
    assert "above 90% instead (burn 9)" in problem.remedy
    assert problem.level == "warning"


def test_a_tier_that_goes_is_told_by_its_windows(tmp_path: Path) -> None:
    slo = f"name: o, objective: 10%, window: 30d, {HTTP}"
    gone = [one.message for one in problems(tmp_path, slo) if one.remedy == "it is left out"]
    assert [("1h/5m" in text, "6h/30m" in text) for text in gone] == [(True, False), (False, True)]


def test_an_objective_that_no_tier_can_guard_is_refused_at_the_objective(tmp_path: Path) -> None:
    ((_, at),) = said(tmp_path, f"name: o, objective: 5%, {HTTP}", "WK221", "WK304")
    assert at.startswith("5%")


def test_a_policy_without_tiers_is_refused_at_the_policy(tmp_path: Path) -> None:
    slo = f"name: o, objective: 99%, window: 7d, alerting: {{policy: workbook}}, {HTTP}"
    ((_, at),) = said(tmp_path, slo, "WK214", "WK221")
    assert at.startswith("workbook")
    (problem,) = [one for one in problems(tmp_path, slo) if one.code == "WK214"]
    assert "28d" in problem.remedy


@pytest.mark.parametrize(
    "sli",
    [
        "{availability: http, external: true}",
        "{events: {bad: 'edge_total{outcome=\"bad\"}', total: edge_total}}",
        "{events: {bad: 'jobs_total{kind=\"bad\"}', total: jobs_total}}",
    ],
)
def test_what_is_not_born_cannot_be_missed_and_that_is_told_at_the_indicator(
    sli: str, tmp_path: Path
) -> None:
    ((_, at),) = said(tmp_path, f"name: o, objective: 99%, sli: {sli}", "WK306")
    assert at.startswith(sli)


@pytest.mark.parametrize("sli", ["{availability: http}", "{latency: http, threshold: 200ms}"])
def test_what_is_born_with_the_process_is_missed(sli: str, tmp_path: Path) -> None:
    assert said(tmp_path, f"name: o, objective: 99%, sli: {sli}", "WK306") == []


def test_an_objective_without_alerts_is_asked_about_at_its_name(tmp_path: Path) -> None:
    sli = "sli: {availability: http, external: true}"
    slo = f"name: o, objective: 99%, alerting: {{enabled: false}}, {sli}"
    ((_, at),) = said(tmp_path, slo, "WK307")
    assert at.startswith("o,")
    assert said(tmp_path, f"name: o, objective: 99%, {sli}", "WK307") == []


def test_a_silenced_objective_hears_nothing_of_its_tiers(tmp_path: Path) -> None:
    slo = f"name: o, objective: 90%, alerting: {{enabled: false}}, {HTTP}"
    assert said(tmp_path, slo, "WK304", "WK221", "WK214") == []


def test_what_no_series_can_be_made_up_for_is_unproven(tmp_path: Path) -> None:
    sli = "{events: {bad: 'jobs_total * 2', total: jobs_total}}"
    slo = f"name: o, objective: 99%, sli: {sli}"
    ((_, at),) = said(tmp_path, slo, "WK302")
    assert at.startswith(sli)
    (problem,) = [one for one in problems(tmp_path, slo) if one.code == "WK302"]
    assert "jobs_total * 2" in problem.remedy
