"""The small specs of the documentation are right, each shows what it is named after, and real tools take them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.model.alert import Proof, ProofSeries
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of, render_files
from watchkeeper.spec.read import read_spec
from watchkeeper.verify.published_files import check_files

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "specs"
SPECS = sorted(FOLDER.glob("*.yml"))


def _spec(name: str) -> Spec:
    return read_spec(FOLDER / name)[0]


def _service(name: str) -> Service:
    (service,) = _spec(name).services
    return service


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_example_has_neither_errors_nor_warnings_and_says_what_it_shows(path: Path) -> None:
    _, problems = read_spec(path)
    # What has no output yet is a note, and all that an example may get.
    assert {problem.code for problem in problems} <= {"WK301"}
    assert path.read_text().startswith("# ")


@pytest.mark.tools
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_real_tools_take_what_an_example_renders(
    path: Path, tmp_path: Path, promtool: str, amtool: str
) -> None:
    plan = plan_of(read_spec(path)[0], path)
    for name, text in render_files(plan).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    outcomes = list(check_files(plan, tmp_path))
    assert [outcome for outcome in outcomes if outcome.verdict == "failed"] == []
    assert {outcome.check for outcome in outcomes if outcome.verdict == "ok"} >= {
        "rules",
        "alertmanager configuration",
    }


def test_the_ten_lines_are_ten() -> None:
    lines = (FOLDER / "ten-line.yml").read_text().splitlines()
    assert len([line for line in lines if not line.startswith("#")]) == 10


def test_two_services_share_what_stands_beside_them_unless_one_says_otherwise() -> None:
    services = {service.name: service for service in _spec("two-services.yml").services}
    assert {name: service.team for name, service in services.items()} == {
        "checkout": "stores",
        "search": "discovery",
    }
    assert all(service.labels == (("product", "stores"),) for service in services.values())


def test_the_include_reads_every_file_of_the_teams() -> None:
    named = {
        name
        for path in FOLDER.glob("teams/*.yml")
        for name in re.findall(r"service: (\w+)", path.read_text())
    }
    assert {service.name for service in _spec("include.yml").services} == named
    assert {service.where.file for service in _spec("include.yml").services} == {
        path.as_posix() for path in FOLDER.glob("teams/*.yml")
    }


def test_own_metrics_are_of_all_types_and_reach_the_middleware_with_the_thresholds_as_buckets() -> None:
    path = FOLDER / "own-metrics.yml"
    service = _service(path.name)
    assert {metric.type for metric in service.metrics} == {"counter", "gauge", "histogram"}
    text = render_files(plan_of(_spec(path.name), path))[f"monitoring/instrumentation/{service.name}.json"]
    rendered = {metric["name"]: metric for metric in json.loads(text)["metrics"]}
    assert rendered.keys() == {metric.name for metric in service.metrics}
    assert 2 in rendered["payment_duration_seconds"]["buckets"]


def test_events_are_counted_by_the_bad_and_by_the_good_ones() -> None:
    indicators = [slo.sli for slo in _service("events-sli.yml").slos]
    assert {sli.kind for sli in indicators} == {"events"}
    assert [(sli.bad is None, sli.good is None) for sli in indicators] == [(False, True), (True, False)]


def test_a_mute_is_of_days_and_one_of_hours_and_none_of_critical_alerts() -> None:
    days, hours = _spec("mutes.yml").notify.mutes
    assert (bool(days.weekdays), bool(days.times), bool(hours.weekdays), bool(hours.times)) == (
        True,
        False,
        False,
        True,
    )
    assert not {"critical"} & {*days.severities, *hours.severities}


def test_external_metrics_are_asked_for_without_the_service_label() -> None:
    path = FOLDER / "external-metrics.yml"
    (service,) = plan_of(_spec(path.name), path).services
    assert len(service.alerts) == 3
    assert all("service=" not in alert.expr for alert in service.alerts)


@pytest.mark.tools
def _expected(proof: Proof) -> tuple[tuple[tuple[ProofSeries, ...], list[dict[str, Any]]], ...]:
    return (proof.fires, [{"exp_labels": {}}]), (proof.silent, [])


@pytest.mark.parametrize(
    "path", [path for path in SPECS if "proof:" in path.read_text()], ids=lambda path: path.stem
)
def test_the_proof_of_an_example_holds(path: Path, tmp_path: Path, promtool: str) -> None:
    proven = [alert for alert in _service(path.name).alerts if alert.proof is not None]
    rules = [{"alert": alert.name, "expr": alert.expr, "for": str(alert.hold)} for alert in proven]
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": one.series, "values": one.values} for one in series],
            "alert_rule_test": [{"eval_time": "25m", "alertname": alert.name, "exp_alerts": expected}],
        }
        for alert in proven
        if alert.proof is not None
        for series, expected in _expected(alert.proof)
    ]
    assert len(tests) >= 2
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    (tmp_path / "proof.yml").write_text(
        json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "30s", "tests": tests})
    )
    outcome = subprocess.run(
        [promtool, "test", "rules", "proof.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
