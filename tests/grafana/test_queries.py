"""Every query of a dashboard is PromQL to the real Prometheus, and reads what its panel says."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need_tool
from watchkeeper.naming import page_id

pytestmark = pytest.mark.tools

Page = dict[str, Any]
OVERVIEW, SLO, FLEET = "helloagents/overview.json", "helloagents/slo.json", "watchkeeper/all-objectives.json"
# Whole words only, longest first: `$__range` begins `$__range_s`.
MACROS = {"$__rate_interval": "1m", "$__range_s": "600", "$__range": "10m"}
MACROS |= dict.fromkeys(("$service", "$instance", "$team", "$slo"), ".*")


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
    done = check_rules(promtool, tmp_path, [f"{all_queries(dashboards[OVERVIEW])[0]} )"])
    assert done.returncode != 0


HTTP = {
    'http_requests_total{service="helloagents",instance="a",status_code="200"}': "0+60x40",
    'http_requests_total{service="helloagents",instance="b",status_code="200"}': "0+45x40",
    'http_requests_total{service="helloagents",instance="a",status_code="500"}': "0+15x40",
    'http_requests_total{service="other",instance="c",status_code="500"}': "0+60x40",
}


def test_error_ratios_are_zero_without_errors_and_absent_without_traffic(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards[OVERVIEW]
    wanted = {
        query(page, 10): [sample(8)],
        query(page, 11): [sample(0.125)],
        query(page, 13): [sample(0.875)],
        query(page, 14): [sample(0.125)],
    }
    evaluate(promtool, tmp_path, HTTP, wanted)
    flawless = {'http_requests_total{service="helloagents",instance="d",status_code="200"}': "0+120x40"}
    evaluate(promtool, tmp_path, flawless, {query(page, 11): [sample(0)], query(page, 13): [sample(1)]})


def test_all_numbers_are_absent_when_nothing_happens(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards[OVERVIEW]
    series = dict.fromkeys(HTTP, "3x40")
    series['http_request_duration_seconds_bucket{service="helloagents",status_code="200",le="0.2"}'] = "3x40"
    series['http_request_duration_seconds_bucket{service="helloagents",status_code="200",le="+Inf"}'] = "3x40"
    evaluate(promtool, tmp_path, series, {query(page, identifier): [] for identifier in (11, 12, 13, 14, 15)})


def test_the_p95_leaves_server_errors_out(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards[OVERVIEW]
    bucket = 'http_request_duration_seconds_bucket{{service="helloagents",status_code="{code}",le="{le}"}}'
    fast = {bucket.format(code="200", le=le): "0+1x40" for le in ("0.2", "5.0", "+Inf")}
    failed = {bucket.format(code="503", le=le): "0+9x40" for le in ("5.0", "+Inf")}
    failed[bucket.format(code="503", le="0.2")] = "0x40"
    wanted = {
        query(page, 12): [sample(0.19)],
        query(page, 15, "A"): [sample(0.1)],
        query(page, 15, "B"): [sample(0.19)],
        query(page, 15, "C"): [sample(0.198)],
    }
    evaluate(promtool, tmp_path, fast | failed, wanted)


def test_firing_alerts_and_targets_are_counted_down_to_zero(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards[OVERVIEW]
    series = {
        'ALERTS{alertname="HighErrorRate",alertstate="firing",severity="critical",service="helloagents"}': "1x40",
        'ALERTS{alertname="HighLatency",alertstate="pending",severity="warning",service="helloagents"}': "1x40",
        'ALERTS{alertname="TargetDown",alertstate="firing",severity="critical"}': "1x40",
        'up{instance="a",service="helloagents"}': "1x40",
        'up{instance="b",service="helloagents"}': "0x40",
    }
    wanted = {
        query(page, 1, "A"): [sample(1)],
        query(page, 1, "B"): [sample(0)],
        query(page, 2, "A"): [sample(1)],
        query(page, 2, "B"): [sample(1)],
        query(page, 3): [sample(1, '{alertname="HighErrorRate",severity="critical"}')],
    }
    evaluate(promtool, tmp_path, series, wanted)
    nothing = {query(page, 2, name): [sample(0)] for name in "AB"}
    evaluate(promtool, tmp_path, {"unrelated": "1x40"}, nothing)


def test_sandbox_and_assistant_numbers_are_shares_of_what_happened(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards[OVERVIEW]
    series = {
        'sandbox_executions_total{service="helloagents",status="success",error_type="none"}': "0+9x40",
        'sandbox_executions_total{service="helloagents",status="error",error_type="timeout"}': "0+1x40",
        'sandbox_pool_available{service="helloagents",instance="a"}': "5x40",
        'sandbox_pool_available{service="helloagents",instance="b"}': "1x40",
        'ai_requests_total{service="helloagents",model="m",status="error"}': "0+2x40",
        'sandbox_execution_duration_seconds_bucket{service="helloagents",le="10.0"}': "0+1x40",
        'sandbox_execution_duration_seconds_bucket{service="helloagents",le="+Inf"}': "0+1x40",
        'ai_response_duration_seconds_bucket{service="helloagents",model="m",le="10.0"}': "0+1x40",
        'ai_response_duration_seconds_bucket{service="helloagents",model="m",le="+Inf"}': "0+1x40",
        'ai_tokens_total{service="helloagents",model="m",kind="prompt"}': "0+30x40",
    }
    wanted = {
        query(page, 21): [sample(0.9)],
        query(page, 22): [sample(1)],
        query(page, 23): [
            sample(0.6, '{error_type="none"}'),
            sample(Decimal(1) / 15, '{error_type="timeout"}'),
        ],
        query(page, 24): [sample(9.5, '{service="helloagents"}')],
        query(page, 31): [sample(0)],
        query(page, 32): [sample(9.5, '{model="m"}')],
        query(page, 33): [sample(2, '{model="m",kind="prompt"}')],
    }
    evaluate(promtool, tmp_path, series, wanted)


def test_resources_are_shares_of_each_process_own_limit(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards[OVERVIEW]
    labels = '{service="helloagents",instance="a"}'
    series = {
        f"process_resident_memory_bytes{labels}": "512x40",
        f"process_memory_limit_bytes{labels}": "2048x40",
        f"process_cpu_seconds_total{labels}": "0+15x40",
        f"process_cpu_limit_cores{labels}": "2x40",
        'process_memory_limit_bytes{service="helloagents",instance="b"}': "2048x40",
    }
    evaluate(
        promtool,
        tmp_path,
        series,
        {
            query(page, 41): [sample(0.25, '{instance="a"}')],
            query(page, 42): [sample(0.5, '{instance="a"}')],
        },
    )


def recorded(name: str, values: str, slo: str = "api-latency") -> dict[str, str]:
    labels = f'{{service="helloagents",slo="{slo}",slo_id="helloagents-{slo}",team="platform"}}'
    return {f"{name}{labels}": values}


def test_states_are_told_from_recorded_series(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    series: dict[str, str] = {}
    for slo, left, burn, measured in (
        ("healthy", "0.9", "0.5", True),
        ("burning", "0.9", "1.5", True),
        ("low", "0.05", "0.1", True),
        ("spent", "-0.2", "0", False),
        ("silent", "0.9", "0", False),
    ):
        series |= recorded("slo:objective:ratio", "0.95x40", slo)
        series |= recorded("slo:error_budget:remaining_ratio", f"{left}x40", slo)
        series |= recorded("slo:burn_rate:1h", f"{burn}x40", slo)
        series |= recorded("slo:bad:rate_base", "0x40", slo) if measured else {}
    series |= recorded("slo:objective:ratio", "0.95x40", "unknown")
    states = {"healthy": 0, "burning": 2, "low": 2, "spent": 3, "silent": 1, "unknown": 1}
    of_fleet = '{{page="helloagents",service="helloagents",slo="{}",team="platform"}}'
    fleet = dashboards[FLEET]
    wanted = {
        query(dashboards[SLO], 301, "A"): [sample(n, f'{{slo="{slo}"}}') for slo, n in states.items()],
        query(fleet, 401, "A"): [sample(n, of_fleet.format(slo)) for slo, n in states.items()],
        **{query(fleet, 402 + n): [sample(list(states.values()).count(n))] for n in range(4)},
    }
    evaluate(promtool, tmp_path, series, wanted)
    evaluate(
        promtool, tmp_path, {"unrelated": "1x40"}, {query(fleet, 402 + n): [sample(0)] for n in range(4)}
    )


def test_a_long_name_leads_to_its_own_page(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    name = f"payments-{'x' * 40}-worker"
    series = {f'slo:objective:ratio{{service="{name}",slo="up",team="a"}}': "0.9x40"}
    found = f'{{page="{page_id(name)}",service="{name}",slo="up",team="a"}}'
    evaluate(promtool, tmp_path, series, {query(dashboards[FLEET], 401, "A"): [sample(1, found)]})


def test_the_budget_is_shown_as_a_share_as_time_and_as_events(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page, slo = dashboards[SLO], '{slo="api-latency"}'
    series = recorded("slo:objective:ratio", "0.75x40") | recorded("slo:total:rate_tile", "10x40")
    series |= recorded("slo:error_budget:remaining_ratio", "0.5x40")
    week = 7 * 86_400
    wanted = {
        query(page, 303, "A"): [sample(0.875, slo)],
        query(page, 304): [sample(0.5, slo)],
        query(page, 305): [sample(0.5 * 0.25 * week, slo)],
        query(page, 306): [sample(0.5 * 0.25 * week * 10, slo)],
    }
    evaluate(promtool, tmp_path, series, wanted)


def test_the_burn_down_begins_with_the_time_range(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    # Ten minutes at ten events a second and 95%: 300 may be bad. One in a hundred is, in two rollups of five minutes.
    page = dashboards[SLO]
    series = recorded("slo:objective:ratio", "0.95x40") | recorded("slo:total:rate_tile", "10x40")
    series |= recorded("slo:bad:rate_tile", "0.1x40")
    wanted = {
        query(page, 308, "A"): [sample(1 - 60 / 300, '{slo="api-latency"}')],
        query(page, 308, "B"): [sample(0)],
    }
    evaluate(promtool, tmp_path, series, wanted)


def test_each_count_of_objectives_agrees_with_the_states_of_the_table(
    promtool: Path, tmp_path: Path, dashboards: dict[str, Page]
) -> None:
    page = dashboards[FLEET]
    names = (
        "slo:objective:ratio",
        "slo:error_budget:remaining_ratio",
        "slo:burn_rate:1h",
        "slo:bad:rate_base",
    )
    values = (("0.99", ""), ("-1", "0", "0.05", "0.1", "0.5", ""), ("0.5", "1", "3", ""), ("0", ""))
    series = {
        f'{name}{{team="t",service="s",slo="slo{number}"}}': f"{value}x40"
        for number, combination in enumerate(product(*values))
        for name, value in zip(names, combination, strict=True)
        if value
    }
    state = query(page, 401)
    counts = [query(page, 402 + value) for value in range(4)]
    differences = [
        f"({count}) - (count(({state}) == {value}) or vector(0))" for value, count in enumerate(counts)
    ]
    every = f"count({state}) - ({') - ('.join(counts)})"
    all_occur = " * ".join(f"(({count}) > bool 2)" for count in counts)
    evaluate(
        promtool,
        tmp_path,
        series,
        {**{one: [sample(0)] for one in (*differences, every)}, all_occur: [sample(1)]},
    )
