"""What a dashboard draws as a limit is what objectives promise and alerts fire at."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper.backends.grafana.panels import Step
from watchkeeper.backends.grafana.threshold_steps import NEUTRAL, Limit, worse_above, worse_below

from .grafana_support import BUNDLED, HTTP_ONLY, overview, pages, panel, panels, plan


def steps(page: dict[str, Any], identifier: int) -> list[tuple[float | None, str]]:
    found = panel(page, identifier)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [(step["value"], step["color"]) for step in found]


@pytest.fixture(scope="module")
def bundled() -> dict[str, Any]:
    return overview(load_plan(BUNDLED))


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (11, [(None, "green"), (0.005, "yellow"), (0.01, "orange"), (0.05, "red")]),
        (12, [(None, "green"), (0.2, "yellow"), (0.5, "orange"), (2, "red")]),
        (13, [(None, "red"), (0.995, "green")]),
        (14, [(None, "green"), (0.005, "yellow"), (0.01, "orange"), (0.05, "red")]),
        (15, [(None, "green"), (0.2, "yellow"), (0.5, "orange"), (2, "red")]),
        (21, [(None, "red"), (0.95, "green")]),
        (22, [(None, "orange"), (2, "green")]),
        (24, [(None, "green"), (10, "orange")]),
        (31, [(None, "text")]),
        (41, [(None, "green"), (0.85, "orange")]),
        (42, [(None, "green"), (0.8, "orange")]),
    ],
)
def test_the_bundled_limits_are_drawn(
    bundled: dict[str, Any], identifier: int, expected: list[tuple[float | None, str]]
) -> None:
    assert steps(bundled, identifier) == expected


def test_lines_are_dashed_where_there_is_a_limit_and_absent_where_there_is_none(tmp_path: Path) -> None:
    for page, count in ((overview(load_plan(BUNDLED)), 9), (overview(plan(tmp_path, HTTP_ONLY)), 3)):
        over_time = [each for each in panels(page) if each["type"] == "timeseries"]
        assert len(over_time) >= count
        for each in over_time:
            defaults = each["fieldConfig"]["defaults"]
            limited = len(defaults["thresholds"]["steps"]) > 1
            assert defaults["custom"].get("thresholdsStyle") == ({"mode": "dashed"} if limited else None)


def test_limits_are_written_exactly(tmp_path: Path) -> None:
    text = HTTP_ONLY + "alerts: [{preset: error_ratio, above: 0.1%, name: Tight}]\n"
    assert steps(overview(plan(tmp_path, text)), 11) == [(None, "green"), (0.001, "orange")]


def test_alerts_about_another_quantile_or_histogram_are_not_drawn_over_the_p95(tmp_path: Path) -> None:
    text = HTTP_ONLY.replace("checkout", "checkout\nsignals: [http, sandbox]") + (
        "alerts:\n"
        "  - {preset: latency_quantile, quantile: 0.99, above: 1s, name: Tail}\n"
        "  - {preset: latency_quantile, metric: sandbox_execution_duration_seconds, above: 10s, name: SlowRuns}\n"
        "slos: [{name: fast, objective: 99%, sli: {latency: http, threshold: 500ms}}]\n"
    )
    page = overview(plan(tmp_path, text))
    assert steps(page, 12) == [(None, "text")]
    assert steps(page, 24) == [(None, "green"), (10, "orange")]


def test_each_service_has_its_own_limits_and_a_shared_page_those_of_all(tmp_path: Path) -> None:
    text = (
        "version: watchkeeper/v1\nservices:\n"
        "  - {service: checkout, alerts: [{preset: error_ratio, above: 5%, severity: critical, name: Errors},"
        " {preset: latency_quantile, above: 1s, name: Slow}]}\n"
        "  - {service: ledger, alerts: [{preset: error_ratio, above: 2%, severity: critical, name: LedgerErrors},"
        " {preset: latency_quantile, above: 1s, name: LedgerSlow}]}\n"
    )
    found = pages(plan(tmp_path, text))
    shared = found["watchkeeper/api-performance.json"]
    assert steps(found["checkout/overview.json"], 11) == [(None, "green"), (0.05, "red")]
    assert steps(found["ledger/overview.json"], 11) == [(None, "green"), (0.02, "red")]
    assert steps(shared, 11) == [(None, "text")]
    assert steps(shared, 12) == [(None, "green"), (1, "orange")]


def test_a_milder_limit_above_a_graver_one_does_not_look_milder() -> None:
    limits: list[Limit] = [(Decimal(1), "critical"), (Decimal(2), "warning")]
    assert worse_above(limits) == (Step(None, "green"), Step(Decimal(1), "red"), Step(Decimal(2), "red"))


def test_of_two_limits_at_one_value_the_graver_shows() -> None:
    limits: list[Limit] = [(Decimal(1), "critical"), (Decimal(1), "objective")]
    assert worse_above(limits) == (Step(None, "green"), Step(Decimal(1), "red"))
    assert worse_below(limits) == (Step(None, "red"), Step(Decimal(1), "green"))


def test_below_the_lowest_limit_it_looks_worst() -> None:
    limits: list[Limit] = [(Decimal(1), "critical"), (Decimal(3), "warning")]
    assert worse_below(limits) == (Step(None, "red"), Step(Decimal(1), "orange"), Step(Decimal(3), "green"))


def test_without_limits_nothing_is_judged() -> None:
    assert worse_above([]) == worse_below([]) == NEUTRAL
