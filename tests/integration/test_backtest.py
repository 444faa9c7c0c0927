"""The past of a real Prometheus is replayed as our rules are when promtool plays them on the same samples.

`watchkeeper backtest` says when alerts fire, and `watchkeeper backfill` writes what the rules record.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import need_tool
from tests.integration.past_life import EVALUATION, HOURS, STEP, Life, life_from, spec_of
from tests.integration.recorded import prometheus
from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.cli import main
from watchkeeper.doctor import last_week
from watchkeeper.pipeline import render_files
from watchkeeper.prometheus_api import instant_at

pytestmark = pytest.mark.tools
_GOT = re.compile(r'\{[^{}]*alertname="(\w+)"[^{}]*probe="(\d+)"[^{}]*\}')


@pytest.fixture(scope="module")
def life() -> Life:
    return life_from(int(time.time()) // 300 * 300 - HOURS * 3_600)


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
    spec = spec_of(tmp_path)
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
    specs = [str(spec_of(tmp_path, objective)) for objective in ("99.9%", "99%")]
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
    assert main(["backtest", str(spec_of(tmp_path)), *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert line in captured.err


def test_a_server_without_history_says_so(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_of(tmp_path)
    spec.write_text(spec.read_text().replace("service: checkout", "service: search"))
    assert main(["backtest", str(spec), "--prometheus", server, "--days", "1"]) == 2
    assert "has no events of any objective in the last 1 days; watchkeeper doctor" in capsys.readouterr().err


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[str]:
    """Yield a server whose last sample is younger than a minute: doctor asks what there is now."""
    with prometheus(tmp_path, life_from(int(time.time()) - HOURS * 3_600)) as address:
        yield address


def test_doctor_says_what_each_objective_was_last_week(
    fresh_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = fresh_server
    spec = spec_of(tmp_path)
    main(["doctor", str(spec), "--prometheus", server, "--format", "json"])
    (service,) = json.loads(capsys.readouterr().out)["services"]
    weeks = {one["slo"]: one["error_ratio"] for one in service["last_week"]}
    # Of the requests of 420 min: those of 20 min, 1.5% of an hour's, and those of 12 min, which were slow.
    failed = 20 + 0.015 * 60
    assert weeks == {
        "availability": pytest.approx(failed / 420, rel=0.005),
        "latency": pytest.approx(12 / (420 - failed), rel=0.005),
    }
    main(["doctor", str(spec), "--prometheus", server])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["availability", "95%", "99.9%", "49.8"] in lines
    monkeypatch.setattr(last_week, "_SECONDS", 0.0)
    main(["doctor", str(spec), "--prometheus", server])
    assert "latency       unknown    95%     not asked: 0 s were over" in capsys.readouterr().out


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, server: str, life: Life) -> Iterator[str]:
    """Yield the address of another Prometheus, which has only the blocks of a backfill."""
    folder = tmp_path_factory.mktemp("backfill")
    command = ["backfill", str(spec_of(folder)), "--prometheus", server, "--from", str(life.start)]
    assert main([*command, "--out", str(folder / "data")]) == 0
    with prometheus(folder, Life({'up{job="none"}': [1.0]}, life.start)) as address:
        yield address


def test_backfilled_budgets_are_the_counted_ones(filled: str, life: Life) -> None:
    at = life.start + 3 * 3_600 + 2_400
    # All of ten requests a second for 20 min, 1.5% of them for an hour; a thousandth of a week's may fail.
    counted = 1 - (20 * 600 + 0.015 * 60 * 600) / (7 * 86_400 * 10 * 0.001)
    (found,) = instant_at(filled, f'{naming.REMAINING}{{slo="availability"}}', at)
    assert found.value == pytest.approx(counted, abs=0.005)
    assert found.labels == {
        "__name__": naming.REMAINING,
        "service": "checkout",
        "slo": "availability",
        "slo_id": "checkout-availability",
        "team": "unassigned",
    }


def test_every_backfilled_series_is_what_its_rule_makes_of_the_others(
    filled: str, life: Life, tmp_path: Path
) -> None:
    (service,) = load_plan(spec_of(tmp_path)).services
    # Moments at which series of four minutes and of five have a sample; all fail, some fail, and after that.
    moments = range(life.start + 1_200, life.start + 13_000, 1_200)
    compared = 0
    for slo in service.slos:
        for rule in (*slo.live_rules, *slo.rollup_rules):
            if rule.record in (naming.TOTAL_BASE, naming.BAD_BASE):
                continue
            recorded = f'{rule.record}{{slo_id="{slo.slo_id}"}}'
            for at in moments:
                made, found = (instant_at(filled, query, at) for query in (rule.expr, recorded))
                # A window that is longer than the history may count one evaluation more of it, a hundredth here.
                assert [one.value for one in found] == pytest.approx(
                    [one.value for one in made], rel=0.01, abs=1e-9
                ), (rule.record, at - life.start)
                compared += len(found)
    assert compared > 300


def test_what_is_recorded_already_is_not_written_again(
    filled: str, life: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["backfill", str(spec_of(tmp_path)), "--prometheus", filled, "--from", str(life.start + 3_600)]
    assert main([*command, "--out", str(tmp_path / "blocks")]) == 2
    assert "nothing to write; checkout-availability is recorded since " in capsys.readouterr().err
    assert not (tmp_path / "blocks").exists()


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--to", "now"], "--to: the newest three hours are in Prometheus' memory"),
        (["--from", "-4h", "--to", "-5h"], "--from: begins after the end, --to; write -30d"),
        (["--from", "soon"], "--from: 'soon' is not a time; write -24h"),
        (["--out", "."], "--out: . exists already; name a new folder"),
    ],
)
def test_a_backfill_with_bad_input_writes_nothing(
    flags: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "blocks"
    command = ["backfill", str(spec_of(tmp_path)), "--prometheus", "http://127.0.0.1:9", "--out", str(out)]
    assert main([*command, *flags]) == 2
    assert line in capsys.readouterr().err
    assert not out.exists()
