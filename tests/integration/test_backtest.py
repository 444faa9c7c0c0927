"""`watchkeeper backtest` on the past of a real Prometheus says what our rules do when promtool plays them on the same samples."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import need_tool
from tests.integration.recorded import prometheus
from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.pipeline import render_files

pytestmark = pytest.mark.tools
STEP, EVALUATION = 30, 60
HOURS = 7
SPEC = """version: watchkeeper/v1
service: checkout
signals: [http]
targets: [checkout:8000]
slos:
- {name: availability, objective: OBJECTIVE, window: 7d, sli: {availability: http}}
- {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 250ms}}
alerts: [{preset: service_down, for: 2m, severity: critical}, {preset: error_ratio, above: 40%, for: 2m}]
stack: {scrape_interval: 30s, evaluation_interval: 60s}
"""
_GOT = re.compile(r'\{[^{}]*alertname="(\w+)"[^{}]*probe="(\d+)"[^{}]*\}')
Samples = Sequence[float | None]


@dataclass(frozen=True)
class Life:
    """Series by name and labels: a sample every step from `start`, None where a scrape failed."""

    series: Mapping[str, Samples]
    start: int

    def lines(self) -> Iterator[str]:
        """Yield them as OpenMetrics."""
        for name, samples in sorted(self.series.items()):
            for index, value in enumerate(samples):
                if value is not None:
                    yield f"{name} {value!r} {self.start + index * STEP}\n"
        yield "# EOF\n"

    def promtool(self) -> list[dict[str, str]]:
        """Return them in promtool's notation."""
        return [
            {"series": name, "values": " ".join("_" if one is None else repr(one) for one in samples)}
            for name, samples in self.series.items()
        ]


def _life(start: int) -> Life:
    """Seven hours at ten requests a second: all fail for 20 min, 1.5% for an hour, and no target answers for 10 min."""
    good, bad, slow, up = [1e6], [1e3], [10.0], [1.0]
    for minute in (index * STEP / 60 for index in range(1, HOURS * 3_600 // STEP)):
        traffic = 10 * STEP
        failed = traffic if 60 <= minute < 80 else 0.015 * traffic if 130 <= minute < 190 else 0.0
        good.append(good[-1] + traffic - failed)
        bad.append(bad[-1] + failed)
        slow.append(slow[-1] + (traffic if 220 <= minute < 232 else 0.0))
        up.append(0.0 if 300 <= minute < 310 else 1.0)
    own = 'service="checkout",instance="a"'
    route = f'{own},handler="/pay",method="GET"'
    fine = f'{route},status_code="200"'

    def scraped(values: list[float]) -> Samples:
        return [value if is_up else None for value, is_up in zip(values, up, strict=True)]

    within = [one - late for one, late in zip(good, slow, strict=True)]
    return Life(
        {
            f"up{{{own}}}": up,
            f"http_requests_total{{{fine}}}": scraped(good),
            f'http_requests_total{{{route},status_code="500"}}': scraped(bad),
            f"http_request_duration_seconds_count{{{fine}}}": scraped(good),
            f'http_request_duration_seconds_bucket{{{fine},le="0.25"}}': scraped(within),
            f'http_request_duration_seconds_bucket{{{fine},le="+Inf"}}': scraped(good),
        },
        start,
    )


def _spec(folder: Path, objective: str = "99.9%") -> Path:
    path = folder / f"spec-{objective}.yml"
    path.write_text(SPEC.replace("OBJECTIVE", objective))
    return path


@pytest.fixture(scope="module")
def life() -> Life:
    return _life(int(time.time()) // 300 * 300 - HOURS * 3_600)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, life: Life) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("backtest"), life) as address:
        yield address


def _backtest(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    code = main(["backtest", *map(str, arguments), "--days", "1", "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def _played(spec: Path, life: Life, folder: Path) -> dict[str, list[int]]:
    """Return the moments at which each alert fires when promtool plays our rules on the same samples."""
    files = {
        path: yaml.safe_load(text)
        for path, text in render_files(load_plan(spec)).items()
        if "/prometheus/rules/" in path or "/prometheus/alerts/checkout.yml" in path
    }
    groups = [group for path in sorted(files) for group in files[path]["groups"]]
    for group in groups:
        for rule in group["rules"] if group.get("interval") == "5m" else ():
            rule["expr"] = f"({rule['expr']}) and on () (vector(time()) % 300 == 0)"
    (folder / "rules.yml").write_text(json.dumps({"groups": groups}))
    probes = [
        {
            "expr": f'label_replace(ALERTS{{alertstate="firing"}}, "probe", "{at}", "", "")',
            "eval_time": f"{at}s",
            "exp_samples": [],
        }
        for at in range(0, HOURS * 3_600, EVALUATION)
    ]
    document = {
        "rule_files": [str(folder / "rules.yml")],
        "evaluation_interval": f"{EVALUATION}s",
        "group_eval_order": [group["name"] for group in groups],
        "tests": [{"interval": f"{STEP}s", "input_series": life.promtool(), "promql_expr_test": probes}],
    }
    (folder / "test.yml").write_text(json.dumps(document))
    command = [need_tool("promtool"), "test", "rules", str(folder / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, list[int]] = {}
    for name, at in _GOT.findall(done.stdout + done.stderr):
        found.setdefault(name, []).append(life.start + int(at))
    assert found, done.stderr[-800:]
    return found


def test_every_alert_fires_when_the_real_rules_fire_it(
    server: str, life: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = _spec(tmp_path)
    wanted = _played(spec, life, tmp_path)
    code, found = _backtest(capsys, spec, "--prometheus", server)
    (one,) = found["specs"]
    ours: dict[str, list[int]] = {}
    for each in one["alerts"]:
        end = each["end"] or life.start + HOURS * 3_600
        ours.setdefault(each["alert"], []).extend(range(each["start"], end, EVALUATION))
    # Those that read rollups see each of them in the same evaluation here, and in the next one there.
    for name in ("CheckoutAvailabilitySlowBurn", "CheckoutAvailabilityBudgetExhausted"):
        assert ours.pop(name)[1:] == wanted.pop(name)
    assert ours == wanted
    assert set(ours) == {"CheckoutAvailabilityFastBurn", "HighErrorRate", "ServiceDown"}
    # Of the objective that counts requests, all were paged; slow ones for twelve minutes were not.
    missed = {each["slo_id"]: len(each["missed"]) for each in one["objectives"]}
    assert (code, missed) == (1, {"checkout-availability": 0, "checkout-latency": 1})
    first = one["alerts"][0]
    assert (first["seconds_after_start_of_incident"], first["events_per_second"]) == (60, 10)


def test_the_tables_say_what_another_spec_would_have_done(
    server: str, life: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = [str(_spec(tmp_path, objective)) for objective in ("99.9%", "99%")]
    assert main(["backtest", specs[0], "--against", specs[1], "--prometheus", server, "--days", "1"]) == 1
    out = capsys.readouterr().out
    assert "checkout-availability: 2 pages, 2 other alerts; 3 incidents, 0 without a page" in out
    assert "of 1d" in out
    assert "no page: checkout-latency: " in out
    later = [line for line in out.splitlines() if line.endswith(f"later with {specs[1]}")]
    assert len(later) == 1, out
    only = [line for line in out.splitlines() if line.startswith(f"only with {specs[0]}")]
    assert ["FastBurn" in line for line in only] == [True]
    assert not [line for line in out.splitlines() if line.startswith(f"only with {specs[1]}")]


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--prometheus", "http://127.0.0.1:9"], "http://127.0.0.1:9: nothing listens"),
        (
            ["--prometheus", "localhost"],
            "--prometheus: 'localhost' is not an address; write http://localhost:9090",
        ),
        (
            ["--prometheus", "http://127.0.0.1:9", "--days", "0"],
            "--days: '0' is not a number of days from 1 to 400",
        ),
        (
            ["--prometheus", "http://127.0.0.1:9", "--least", "2"],
            "--least: '2' is not a percentage from 0% to 100%",
        ),
    ],
)
def test_bad_input_is_a_line_each(
    flags: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", str(_spec(tmp_path)), *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert line in captured.err


def test_a_server_without_history_says_so(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = _spec(tmp_path)
    spec.write_text(spec.read_text().replace("service: checkout", "service: search"))
    assert main(["backtest", str(spec), "--prometheus", server, "--days", "1"]) == 2
    assert "has no events of any objective in the last 1 days; watchkeeper doctor" in capsys.readouterr().err
