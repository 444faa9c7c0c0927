"""A query or link of a published runbook that leads nowhere is found and named; those of every spec pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.pipeline import render_files
from watchkeeper.plan.plan import Plan
from watchkeeper.verify.outcome import Outcome
from watchkeeper.verify.runbooks.check_runbooks import check_runbooks

ROOT = Path(__file__).parents[3]
BUNDLED = ROOT / "monitoring" / "SLO_DEFINITIONS.yml"
SPECS = [
    BUNDLED,
    *sorted((ROOT / "examples" / "specs").glob("*.yml")),
    *sorted((ROOT / "tests" / "golden").glob("*/spec.yml")),
]
PAGE = "monitoring/runbooks/helloagents/HelloagentsApiAvailabilityFastBurn.md"
OWN = "monitoring/runbooks/watchkeeper/PrometheusRuleFailures.md"
RULES = "monitoring/prometheus/rules/helloagents/api-availability.yml"


def _published(spec: Path, root: Path) -> tuple[Plan, list[str]]:
    plan = load_plan(spec)
    files = render_files(plan)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return plan, [path for path in files if "/dashboards/" in path and path.endswith(".json")]


def _checked(plan: Plan, root: Path, dashboards: list[str]) -> dict[str, Outcome]:
    return {outcome.check: outcome for outcome in check_runbooks(plan, root, dashboards)}


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_runbooks_of_a_render_pass(spec: Path, tmp_path: Path) -> None:
    plan, dashboards = _published(spec, tmp_path)
    found = _checked(plan, tmp_path, dashboards)
    assert [outcome.detail for outcome in found.values() if outcome.verdict != "ok"] == []
    assert set(found) == {"runbooks", "links"}


@pytest.mark.parametrize(
    ("path", "old", "new", "check", "words"),
    [
        (
            RULES,
            "record: slo:burn_rate:1h",
            "record: slo:burned:1h",
            "runbooks",
            f"{PAGE} reads slo:burn_rate:1h",
        ),
        (
            PAGE,
            "http_requests_total",
            "http_request_total",
            "runbooks",
            "reads http_request_total, which nothing",
        ),
        (
            OWN,
            "prometheus_rule_evaluation_failures_total[1h]",
            "prometheus_rule_failures_total[1h]",
            "runbooks",
            f"{OWN} reads prometheus_rule_failures_total, which nothing",
        ),
        (OWN, "../README.md", "../INDEX.md", "links", f"{OWN} links to ../INDEX.md, where no file is"),
        (PAGE, "topk(5, ", "topk(5,, ", "runbooks", "has a query that is no PromQL: topk(5,, sum"),
        (PAGE, "../README.md", "../INDEX.md", "links", f"{PAGE} links to ../INDEX.md, where no file is"),
        (PAGE, "/d/wk-slo-", "/d/wk-sla-", "links", "links to /d/wk-sla-helloagents, which no dashboard has"),
    ],
)
def test_what_leads_nowhere_is_named(
    path: str, old: str, new: str, check: str, words: str, tmp_path: Path
) -> None:
    plan, dashboards = _published(BUNDLED, tmp_path)
    text = (tmp_path / path).read_text()
    assert old in text
    (tmp_path / path).write_text(text.replace(old, new))
    outcome = _checked(plan, tmp_path, dashboards)[check]
    assert outcome.verdict == "failed" and words in outcome.detail


def test_the_address_of_a_runbook_that_is_missing_is_named(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: shop\nrunbook_base_url: https://books.example.com/x/\nalerts:\n"
        "  - {name: Down, preset: service_down}\n"
        "  - {name: Wiki, preset: error_ratio, above: 5%, runbook: 'https://wiki.example.com/w'}\n"
    )
    plan, dashboards = _published(spec, tmp_path)
    for name in ("Down", "Wiki"):
        (tmp_path / f"monitoring/runbooks/shop/{name}.md").unlink()
    detail = _checked(plan, tmp_path, dashboards)["links"].detail
    assert "the alert Down links to https://books.example.com/x/shop/Down.md, but there is no" in detail
    assert "the alert Wiki" not in detail
