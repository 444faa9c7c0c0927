"""Every query of a dashboard is PromQL to the real Prometheus, and reads what its panel says."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need_tool

pytestmark = pytest.mark.tools

Page = dict[str, Any]
MACROS = {"$__rate_interval": "1m", "$__range": "10m", "$service": ".*"}


@pytest.fixture(scope="module")
def promtool() -> Path:
    return Path(need_tool("promtool"))


def filled(expr: str) -> str:
    for macro, value in MACROS.items():
        expr = expr.replace(macro, value)
    return expr


def all_queries(page: Page) -> list[str]:
    targets = [target["expr"] for panel in page["panels"] for target in panel.get("targets", [])]
    return [
        filled(expr) for expr in (*targets, *(mark["target"]["expr"] for mark in page["annotations"]["list"]))
    ]


def query(page: Page, identifier: int, name: str = "A") -> str:
    panel = next(each for each in page["panels"] if each["id"] == identifier)
    return filled(next(target["expr"] for target in panel["targets"] if target["refId"] == name))


def check_rules(promtool: Path, folder: Path, exprs: list[str]) -> subprocess.CompletedProcess[str]:
    rules = [{"record": f"query:{index}", "expr": expr} for index, expr in enumerate(exprs)]
    path = folder / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    command = [str(promtool), "check", "rules", "--lint=none", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def evaluate(
    promtool: Path, folder: Path, series: dict[str, str], wanted: dict[str, list[dict[str, Any]]]
) -> None:
    """Evaluate queries after ten minutes of those series, a sample every 15 seconds; promtool compares."""
    tests = [{"expr": expr, "eval_time": "10m", "exp_samples": samples} for expr, samples in wanted.items()]
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    file = {
        "fuzzy_compare": True,
        "tests": [{"interval": "15s", "input_series": inputs, "promql_expr_test": tests}],
    }
    path = folder / "test.yml"
    path.write_text(json.dumps(file), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def sample(value: float | Decimal, labels: str = "{}") -> dict[str, Any]:
    return {"labels": labels, "value": float(value)}


def test_prometheus_parses_every_query(promtool: Path, tmp_path: Path, dashboards: dict[str, Page]) -> None:
    exprs = [expr for page in dashboards.values() for expr in all_queries(page)]
    done = check_rules(promtool, tmp_path, exprs)
    assert (done.returncode, f"{len(exprs)} rules found" in done.stdout) == (0, True), (
        done.stdout + done.stderr
    )


def test_a_broken_query_would_be_refused(promtool: Path, tmp_path: Path, dashboards: dict[str, Page]) -> None:
    done = check_rules(promtool, tmp_path, [f"{all_queries(dashboards['bundled'])[0]} )"])
    assert done.returncode != 0


HTTP = {
    'http_requests_total{service="checkout",instance="a",status_code="200"}': "0+60x40",
    'http_requests_total{service="checkout",instance="b",status_code="200"}': "0+45x40",
    'http_requests_total{service="checkout",instance="a",status_code="500"}': "0+15x40",
    'http_requests_total{service="idle",instance="c",status_code="200"}': "7x40",
    'http_requests_total{service="idle",instance="c",status_code="500"}': "1x40",
    'http_requests_total{service="flawless",instance="d",status_code="200"}': "0+120x40",
}


def test_error_ratios_are_zero_without_errors_and_absent_without_traffic(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards["bundled"]
    wanted = {
        query(page, 10): [sample(16)],
        query(page, 11): [sample(1 / 16)],
        query(page, 13): [sample(15 / 16)],
        query(page, 16): [
            sample(8, '{service="checkout"}'),
            sample(8, '{service="flawless"}'),
            sample(0, '{service="idle"}'),
        ],
        query(page, 14): [sample(0.125, '{service="checkout"}'), sample(0, '{service="flawless"}')],
    }
    evaluate(promtool, tmp_path, HTTP, wanted)


def test_all_numbers_are_absent_when_nothing_happens(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards["bundled"]
    series = dict.fromkeys(HTTP, "3x40")
    series['http_request_duration_seconds_bucket{service="idle",status_code="200",le="0.2"}'] = "3x40"
    series['http_request_duration_seconds_bucket{service="idle",status_code="200",le="+Inf"}'] = "3x40"
    evaluate(promtool, tmp_path, series, {query(page, identifier): [] for identifier in (11, 12, 13, 14, 15)})


def test_the_p95_leaves_server_errors_out(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards["bundled"]
    bucket = 'http_request_duration_seconds_bucket{{service="checkout",status_code="{code}",le="{le}"}}'
    fast = {bucket.format(code="200", le=le): "0+1x40" for le in ("0.2", "5.0", "+Inf")}
    failed = {bucket.format(code="503", le=le): "0+9x40" for le in ("5.0", "+Inf")}
    failed[bucket.format(code="503", le="0.2")] = "0x40"
    checkout = '{service="checkout"}'
    wanted = {
        query(page, 12): [sample(0.19)],
        query(page, 15, "A"): [sample(0.1, checkout)],
        query(page, 15, "B"): [sample(0.19, checkout)],
        query(page, 15, "C"): [sample(0.198, checkout)],
    }
    evaluate(promtool, tmp_path, fast | failed, wanted)


def test_firing_alerts_and_targets_are_counted_down_to_zero(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards["bundled"]
    series = {
        'ALERTS{alertname="HighErrorRate",alertstate="firing",severity="critical",service="checkout"}': "1x40",
        'ALERTS{alertname="HighLatency",alertstate="pending",severity="warning",service="checkout"}': "1x40",
        'ALERTS{alertname="TargetDown",alertstate="firing",severity="critical"}': "1x40",
        'up{job="checkout",service="checkout"}': "1x40",
        'up{job="ledger",service="ledger"}': "0x40",
    }
    table = [
        sample(1, '{alertname="HighErrorRate",service="checkout",severity="critical"}'),
        sample(1, '{alertname="TargetDown",severity="critical"}'),
    ]
    wanted = {
        query(page, 1, "A"): [sample(2)],
        query(page, 1, "B"): [sample(0)],
        query(page, 2, "A"): [sample(1)],
        query(page, 2, "B"): [sample(1)],
        query(page, 3): table,
    }
    evaluate(promtool, tmp_path, series, wanted)
    nothing = {query(page, 2, name): [sample(0)] for name in "AB"}
    evaluate(promtool, tmp_path, {"unrelated": "1x40"}, nothing)


def test_sandbox_and_assistant_numbers_are_shares_of_what_happened(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards["bundled"]
    series = {
        'sandbox_executions_total{service="s",status="success",error_type="none"}': "0+9x40",
        'sandbox_executions_total{service="s",status="error",error_type="timeout"}': "0+1x40",
        'sandbox_pool_available{service="s",instance="a"}': "5x40",
        'sandbox_pool_available{service="s",instance="b"}': "1x40",
        'ai_requests_total{service="s",model="m",status="error"}': "0+2x40",
        'sandbox_execution_duration_seconds_bucket{service="s",le="10.0"}': "0+1x40",
        'sandbox_execution_duration_seconds_bucket{service="s",le="+Inf"}': "0+1x40",
        'ai_response_duration_seconds_bucket{service="s",model="m",le="10.0"}': "0+1x40",
        'ai_response_duration_seconds_bucket{service="s",model="m",le="+Inf"}': "0+1x40",
        'ai_tokens_total{service="s",model="m",kind="prompt"}': "0+30x40",
    }
    wanted = {
        query(page, 21): [sample(0.9)],
        query(page, 22): [sample(1)],
        query(page, 23): [
            sample(0.6, '{error_type="none"}'),
            sample(Decimal(1) / 15, '{error_type="timeout"}'),
        ],
        query(page, 24): [sample(9.5, '{service="s"}')],
        query(page, 31): [sample(0)],
        query(page, 32): [sample(9.5, '{model="m"}')],
        query(page, 33): [sample(2, '{model="m",kind="prompt"}')],
    }
    evaluate(promtool, tmp_path, series, wanted)


def test_resources_are_shares_of_each_process_own_limit(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards["bundled"]
    labels = '{service="s",instance="a"}'
    series = {
        f"process_resident_memory_bytes{labels}": "512x40",
        f"process_memory_limit_bytes{labels}": "2048x40",
        f"process_cpu_seconds_total{labels}": "0+15x40",
        f"process_cpu_limit_cores{labels}": "2x40",
        'process_memory_limit_bytes{service="s",instance="b"}': "2048x40",
    }
    evaluate(
        promtool,
        tmp_path,
        series,
        {query(page, 41): [sample(0.25, labels)], query(page, 42): [sample(0.5, labels)]},
    )
