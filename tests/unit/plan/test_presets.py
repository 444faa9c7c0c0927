"""The presets' expressions under the real promtool: fire when they should, stay silent when they should."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.pipeline import render_files

SPEC = """
version: watchkeeper/v1
service: shop
signals: [http, system, sandbox, health]
alerts:
  - {preset: service_down, for: 2m, severity: critical}
  - {preset: error_ratio, above: 5%, for: 5m}
  - {preset: latency_quantile, above: 500ms, for: 5m}
  - {preset: saturation, resource: memory, above: 85%, for: 5m}
  - {preset: gauge_below, metric: sandbox_pool_available, below: 2, for: 5m}
  - {preset: health_failing, for: 2m}
  - {preset: replicas_below, below: 2, for: 5m}
"""
_OK = 'http_requests_total{service="shop",status_code="200"}'
_BAD = 'http_requests_total{service="shop",status_code="500"}'
_COUNT = 'http_request_duration_seconds_count{service="shop",status_code="200"}'
_WITHIN = 'http_request_duration_seconds_bucket{service="shop",status_code="200",le="0.5"}'
_USED = 'process_resident_memory_bytes{service="shop",instance="a"}'
_LIMIT = 'process_memory_limit_bytes{service="shop",instance="a"}'
_POOL = 'sandbox_pool_available{service="shop",instance="a"}'


def _firing(folder: Path, promtool: str, series: dict[str, str], *, at: str, expected: set[str]) -> str:
    """Play the series and return promtool's complaint about the set of firing alerts, empty when it is right."""
    (folder / "spec.yml").write_text(SPEC)
    rules = render_files(load_plan(folder / "spec.yml"))["monitoring/prometheus/alerts/shop.yml"]
    (folder / "rules.yml").write_text(rules)
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(expected)]
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "30s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": 'max by (alertname) (ALERTS{alertstate="firing"})',
                        "eval_time": at,
                        "exp_samples": samples,
                    }
                ],
            }
        ],
    }
    (folder / "test.json").write_text(json.dumps(test))
    outcome = subprocess.run(
        [promtool, "test", "rules", "test.json"], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if outcome.returncode == 0 else outcome.stdout + outcome.stderr


_UP_A, _UP_B = (f'up{{service="shop",instance="{each}"}}' for each in "ab")
_UP = {_UP_A: "1x400", _UP_B: "1x400"}
_FAILS, _RUNS = (f'health_state{{service="shop",check="db",state="{each}"}}' for each in ("error", "running"))
CASES: dict[str, tuple[dict[str, str], str, set[str]]] = {
    "a healthy service is silent": ({**_UP, _OK: "0+15x400", _BAD: "0x400"}, "60m", set()),
    "a service whose targets are down": ({'up{service="shop"}': "1x40 0x100"}, "14m", {"ServiceDown"}),
    "down, but not for long enough": ({'up{service="shop"}': "1x40 0x100"}, "11m", set()),
    "a service that no target tells of": ({'up{service="other"}': "1x400"}, "10m", {"ServiceDown"}),
    "one of two targets down": ({_UP_A: "0x400", _UP_B: "1x400"}, "60m", {"ReplicasBelow"}),
    "one of two targets down, but not for long enough": ({_UP_A: "1x40 0x400", _UP_B: "1x400"}, "14m", set()),
    "one of two targets gone from discovery": ({_UP_A: "1x40 stale", _UP_B: "1x400"}, "60m", {"ReplicasBelow"}),
    "both targets down": ({_UP_A: "1x40 0x400", _UP_B: "1x40 0x400"}, "60m", {"ServiceDown"}),
    "a health check that fails": ({**_UP, _FAILS: "0x8 1x400", _RUNS: "1x8 0x400"}, "10m", {"HealthFailing"}),
    "a health check that is well again": ({**_UP, _FAILS: "1x40 0x400", _RUNS: "0x40 1x400"}, "12m", set()),
    "a health check of another service": ({**_UP, _FAILS.replace("shop", "other"): "1x400"}, "30m", set()),
    "ten in a hundred fail": ({**_UP, _OK: "0+90x400", _BAD: "0+10x400"}, "15m", {"HighErrorRate"}),
    "four in a hundred fail": ({**_UP, _OK: "0+96x400", _BAD: "0+4x400"}, "60m", set()),
    "two failures at low traffic": ({**_UP, _OK: "0x400", _BAD: "0x40 1x4 2x300"}, "14m", set()),
    "a counter that restarts": ({**_UP, _OK: "0+15x100 0+15x300", _BAD: "0x400"}, "60m", set()),
    "an idle service": ({**_UP, _OK: "500x400", _BAD: "20x400"}, "60m", set()),
    "a decoy that fails": ({**_UP, _OK: "0+15x400", 'http_requests_total{service="other",status_code="500"}': "0+99x400"}, "30m", set()),
    "a tenth of responses slow": ({**_UP, _COUNT: "0+100x400", _WITHIN: "0+90x400"}, "15m", {"HighLatency"}),
    "a twenty-fifth of responses slow": ({**_UP, _COUNT: "0+100x400", _WITHIN: "0+96x400"}, "60m", set()),
    "memory nearly full": ({**_UP, _USED: "90x400", _LIMIT: "100x400"}, "10m", {"HighSaturation"}),
    "memory without a limit": ({**_UP, _USED: "90x400", _LIMIT: "0x400"}, "30m", set()),
    "an empty pool": ({**_UP, _POOL: "1x400"}, "10m", {"GaugeBelow"}),
    "a pool at its limit": ({**_UP, _POOL: "2x400"}, "30m", set()),
    "a pool that is no longer told of": ({**_UP, _POOL: "5x20"}, "60m", set()),
    "a pool that is not a number": ({**_UP, _POOL: "NaN " * 240}, "60m", set()),
}  # fmt: skip


@pytest.mark.parametrize("title", CASES)
def test_a_preset_fires_when_it_should_and_only_then(title: str, tmp_path: Path, promtool: str) -> None:
    series, at, expected = CASES[title]
    assert _firing(tmp_path, promtool, series, at=at, expected=expected) == ""
