"""The rendered proofs: read back, alike for objectives of one profile, and held by promtool at unusual intervals."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.plan.planning import plan_of
from watchkeeper import naming
from watchkeeper.backends.proofs import render as render_proofs
from watchkeeper.backends.rules import render as render_rules
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.proofs.scenarios.user_proof import sample_count

PROOFS = "ci/shop"


def render(plan: Plan) -> dict[str, str]:
    return {f"ci/{path}": text for path, text in render_proofs(replace(plan, own=None), root="..").items()}


def planned(folder: Path, slos: str, *, further: str = "", stack: str = "") -> Plan:
    return plan_of(
        folder,
        f"service: shop\nsignals: [http]\n{further}\nslos:\n{slos}\nstack: {{retention: 91d{stack}}}\n",
    )


def one(name: str, further: str = "") -> str:
    return f"  - {{name: {name}, objective: 99.9%, sli: {{availability: http}}{further}}}"


@pytest.fixture
def documents(tmp_path: Path) -> dict[str, Any]:
    plan = planned(
        tmp_path, one("o", ', labels: {tier: "it\'s {{ x }}"}'), further="alerts: [{preset: service_down}]"
    )
    # As promtool does, which wants text here: a typed reader would take 0x400 for a number.
    read = {path: yaml.load(text, Loader=yaml.BaseLoader) for path, text in render(plan).items()}
    return {Path(path).name: document for path, document in read.items()}


def test_each_objective_has_a_file_a_scale_and_thresholds_have_their_own(documents: dict[str, Any]) -> None:
    assert set(documents) == {"alerts.yml", "o-minutes.yml", "o-days.yml", "o-history.yml"}
    assert {name: document["evaluation_interval"] for name, document in documents.items()} == {
        "alerts.yml": "30s",
        "o-minutes.yml": "30s",
        "o-days.yml": "5m",
        "o-history.yml": "1d",
    }
    for name, document in documents.items():
        is_slo = name.startswith("o-")
        (path,) = document["rule_files"]
        assert path == f"../../monitoring/prometheus/{'rules/shop/o' if is_slo else 'alerts/shop'}.yml"
        groups = ["slo-shop-o", "slo-shop-o-tiles"] if is_slo else [naming.alerts_group("shop")]
        assert document["group_eval_order"] == groups


def test_no_slot_is_left_and_no_series_stands_twice(documents: dict[str, Any]) -> None:
    for document in documents.values():
        assert "\x02" not in str(document)
        for test in document["tests"]:
            series = [one["series"] for one in test["input_series"]]
            assert len(series) == len(set(series)), test["name"]
            assert test["promql_expr_test"], test["name"]


def test_all_series_of_a_scenario_are_as_long_as_it(documents: dict[str, Any]) -> None:
    for test in documents["o-minutes.yml"]["tests"]:
        counters = [one for one in test["input_series"] if not one["series"].startswith("slo:")]
        assert len({sample_count(one["values"]) for one in counters}) == 1, test["name"]


def test_what_the_user_wrote_is_expected_as_prometheus_shows_it(documents: dict[str, Any]) -> None:
    firing = [
        sample["labels"]
        for test in documents["o-minutes.yml"]["tests"]
        for check in test["promql_expr_test"]
        if check["expr"].startswith("ALERTS")
        for sample in check["exp_samples"]
    ]
    assert firing
    assert all('tier="it\'s {{ x }}"' in labels for labels in firing)


def test_objectives_of_one_cast_differ_in_their_names_only(tmp_path: Path) -> None:
    files = render(planned(tmp_path, f"{one('apple')}\n{one('berry')}"))
    for scale in ("minutes", "days", "history"):
        first, second = (files[f"{PROOFS}/{name}-{scale}.yml"] for name in ("apple", "berry"))
        assert first != second
        assert first.replace("apple", "berry").replace("Apple", "Berry") == second


def test_an_objective_that_cannot_be_proven_has_no_files(tmp_path: Path) -> None:
    metrics = "metrics: [{name: jobs_total, type: counter}]"
    sli = "{events: {bad: 'jobs_total * 2', total: jobs_total}}"
    files = render(planned(tmp_path, f"  - {{name: o, objective: 99%, sli: {sli}}}", further=metrics))
    assert list(files) == [f"{PROOFS}/alerts.yml"]


@pytest.mark.parametrize(
    ("scale", "alerting", "stack"),
    [
        # So late that an absence of the usual length would end before its alert comes.
        ("minutes", "{idle: 1h}", ", scrape_interval: 1m, evaluation_interval: 1m"),
        # No minute is a whole number of scrapes.
        ("minutes", "{idle: 1h}", ", scrape_interval: 7s, evaluation_interval: 30s"),
        ("days", '{page: "off"}', ""),
    ],
)
def test_proofs_hold_at_any_interval(
    scale: str, alerting: str, stack: str, tmp_path: Path, promtool: str
) -> None:
    plan = planned(tmp_path, one("o", f", alerting: {alerting}"), stack=stack)
    for path, text in {**render(plan), **render_rules(plan)}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    command = [promtool, "test", "rules", f"{PROOFS}/o-{scale}.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
