"""The real promtool: an outage that is paged pages no second time through the burn that it leaves behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.loading import render_with_proofs

pytestmark = pytest.mark.tools

SPEC = """\
version: watchkeeper/v1
service: shop
downtime: {downtime}
slos: [{{name: availability, objective: {objective}, sli: {{availability: http}}}}]
alerts: [{{preset: service_down, for: 2m, severity: {severity}}}]
notify:
  receivers: {{pagerduty: {{routing_key_file: secrets/p}}}}
  routes: {{critical: [pagerduty], warning: [pagerduty]}}
stack: {{external_host: monitoring.example.com}}
"""
STEP = 15
BURN = 'ALERTS{alertname="ShopAvailabilityFastBurn",alertstate="firing"}'
DOWN = 'ALERTS{alertname="ServiceDown",alertstate="firing"}'
# (minutes, what the service does meanwhile)
Phases = list[tuple[float, str]]
OUTAGE: Phases = [(90, "good"), (15, "down"), (60, "good")]
LATER: Phases = [*OUTAGE, (10, "bad")]
BEFORE: Phases = [(80, "good"), (10, "bad"), (15, "down"), (60, "good")]
LOOP: Phases = [(90, "good"), *([(1, "down"), (2, "good")] * 15)]


def never(promql: str, start: float, end: float) -> tuple[str, float, bool]:
    return f"count_over_time({promql}[{round((end - start) * 60)}s])", end, False


def at(promql: str, minute: float) -> tuple[str, float, bool]:
    return promql, minute, True


@pytest.mark.parametrize("objective", ["99.5%", "99.9%"])
def test_an_outage_that_is_paged_is_no_second_page_neither_then_nor_after_the_recovery(
    tmp_path: Path, promtool: str, objective: str
) -> None:
    checks = [at(DOWN, 95), at(DOWN, 104), never(DOWN, 107, 160), never(BURN, 0, 160)]
    assert passes(tmp_path, promtool, OUTAGE, checks, objective=objective)


def test_without_that_page_the_same_outage_is_a_burn_that_outlasts_it(tmp_path: Path, promtool: str) -> None:
    checks = [at(BURN, 104), at(BURN, 109)]
    assert passes(tmp_path, promtool, OUTAGE, checks, severity="warning")


def test_a_new_burn_after_the_recovery_pages(tmp_path: Path, promtool: str) -> None:
    assert passes(tmp_path, promtool, LATER, [never(BURN, 0, 160), at(BURN, 174)])


def test_a_burn_that_fires_already_goes_on_until_after_the_recovery(tmp_path: Path, promtool: str) -> None:
    # Were it to end while it is inhibited, Alertmanager would never send that it is resolved.
    checks = [at(BURN, 89), *(at(BURN, minute) for minute in range(91, 111)), never(BURN, 150, 164)]
    assert passes(tmp_path, promtool, BEFORE, checks)


@pytest.mark.parametrize("minutes", [15, 60])
def test_where_downtime_is_a_gap_it_goes_on_too_and_ends_after_the_recovery(
    tmp_path: Path, promtool: str, minutes: int
) -> None:
    phases: Phases = [(80, "good"), (10, "bad"), (minutes, "down"), (60, "good")]
    up = 90 + minutes
    checks = [at(BURN, 89), *(at(BURN, minute) for minute in range(91, up + 1)), at(DOWN, up - 1)]
    checks += [never(DOWN, up + 1, up + 59), at(BURN, up + 1.5), never(BURN, up + 45, up + 59)]
    assert passes(tmp_path, promtool, phases, checks, downtime="gap")


def test_where_downtime_is_a_gap_an_outage_is_no_burn(tmp_path: Path, promtool: str) -> None:
    assert passes(tmp_path, promtool, OUTAGE, [at(DOWN, 104), never(BURN, 0, 160)], downtime="gap")


def test_a_crash_loop_that_never_counts_as_down_is_a_page(tmp_path: Path, promtool: str) -> None:
    assert passes(tmp_path, promtool, LOOP, [never(DOWN, 0, 134), at(BURN, 120)], objective="99.9%")


def passes(
    folder: Path,
    promtool: str,
    phases: Phases,
    checks: list[tuple[str, float, bool]],
    *,
    objective: str = "99.5%",
    severity: str = "critical",
    downtime: str = "bad",
) -> bool:
    """Return whether all checks hold: an expression, the minute, and whether it has a value then."""
    (folder / "spec.yml").write_text(
        SPEC.format(objective=objective, severity=severity, downtime=downtime), encoding="utf-8"
    )
    render_with_proofs(folder)
    rules = folder / "monitoring" / "prometheus"
    document = {
        "rule_files": [
            str(rules / "alerts" / "shop.yml"),
            str(rules / "rules" / "shop" / "availability.yml"),
        ],
        "evaluation_interval": "30s",
        "tests": [
            {
                "interval": f"{STEP}s",
                "input_series": series(phases),
                "promql_expr_test": [
                    {
                        "expr": f"count({expr})",
                        "eval_time": f"{round(minute * 60)}s",
                        "exp_samples": [{"labels": "{}", "value": 1}] if has_value else [],
                    }
                    for expr, minute, has_value in checks
                ],
            }
        ],
    }
    (folder / "outage.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", str(folder / "outage.yml")], capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    return done.returncode == 0


def series(phases: Phases) -> list[dict[str, str]]:
    """Return `up` and the counters of a service with ten requests a second; a process that returns begins at 0."""
    up: list[str] = []
    good: list[str] = []
    bad: list[str] = []
    counts = [1000, 0]
    for minutes, what in phases:
        for _ in range(round(minutes * 60 / STEP)):
            if what == "down":
                counts = [0, 0]
                up, good, bad = [*up, "0"], [*good, "_"], [*bad, "_"]
                continue
            counts[what == "bad"] += 10 * STEP
            up, good, bad = [*up, "1"], [*good, str(counts[0])], [*bad, str(counts[1])]
    target = 'instance="shop:8000",job="shop",service="shop"'
    requests = f'http_requests_total{{handler="/",method="GET",{target},status_code='
    return [
        {"series": f"up{{{target}}}", "values": " ".join(up)},
        {"series": f'{requests}"200"}}', "values": " ".join(good)},
        {"series": f'{requests}"500"}}', "values": " ".join(bad)},
    ]
