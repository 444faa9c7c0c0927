"""The rules that ours are measured against are real: promtool takes them, and they count the same errors."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts.rulebench import pyrra, sloth
from scripts.rulebench.peer_programs import SLOTH, kept
from scripts.rulebench.stages import copied
from scripts.rulebench.subject import RuleGroup, Subject, on_all_services, on_service
from tests.unit.importing.imports import imported

SUBJECT = on_service("s0", "a0")
RATIO = '{sloth_id="s0-a0", sloth_service="s0", sloth_slo="a0", sloth_window="1h"}'


@pytest.fixture
def program() -> Path:
    """Return Sloth's command, which `make bench` builds: it takes minutes."""
    path = kept(SLOTH)
    if not path.is_file():
        pytest.skip("Sloth was not built on this machine")
    return path


def _write(path: Path, groups: tuple[RuleGroup, ...]) -> Path:
    path.write_text(json.dumps({"groups": groups}))
    return path


def _checked(path: Path, promtool: str) -> str:
    done = subprocess.run([promtool, "check", "rules", path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.tools
@pytest.mark.parametrize("subject", [SUBJECT, on_all_services("all", "wide")], ids=["narrow", "wide"])
def test_promtool_takes_every_rule_of_pyrras_shape(subject: Subject, tmp_path: Path, promtool: str) -> None:
    assert "13 rules found" in _checked(_write(tmp_path / "rules.yml", pyrra.groups(subject)), promtool)


def test_the_objectives_that_sloth_is_given_are_those_of_the_bench(tmp_path: Path) -> None:
    asked = sloth.spec([SUBJECT, on_service("s1", "a0"), on_service("s0", "a1")])
    services = yaml.safe_load(imported(tmp_path, "sloth", asked).text)["services"]
    found = {one["service"]: {slo["name"]: slo for slo in one["slos"]} for one in services}
    assert {service: list(own) for service, own in found.items()} == {"s0": ["a0", "a1"], "s1": ["a0"]}
    slo = found["s0"]["a0"]
    assert slo["objective"] == "99.9%"
    assert slo["sli"]["events"] == {"bad": SUBJECT.bad, "total": SUBJECT.total}


def test_a_copy_reads_the_same_series_and_records_as_itself() -> None:
    rules = ({"record": "r", "expr": 'x{sloth_id="a"}', "labels": {"sloth_id": "a", "sloth_window": "5m"}},)
    first, again = copied({"a": ({"name": "g", "rules": rules},)}, 2).values()
    assert first[0]["rules"] == rules
    assert again[0]["name"] == "g-1"
    (rule,) = again[0]["rules"]
    assert (rule["expr"], rule["labels"]) == (
        rules[0]["expr"],
        {"sloth_id": "a-1", "sloth_window": "5m"},
    )


@pytest.mark.tools
def test_both_peers_count_the_same_errors(tmp_path: Path, program: Path, promtool: str) -> None:
    other = on_service("s1", "a0")
    theirs = sloth.generated(program, [SUBJECT, other], tmp_path)
    assert list(theirs) == [SUBJECT.id, other.id]
    assert "17 rules found" in _checked(_write(tmp_path / "sloth.yml", theirs[SUBJECT.id]), promtool)
    _write(tmp_path / "pyrra.yml", pyrra.groups(SUBJECT))
    # One in ten fails; what another service counts is not theirs.
    series = [
        {"series": 'http_requests_total{service="s0",status_code="200"}', "values": "0+90x120"},
        {"series": 'http_requests_total{service="s0",status_code="503"}', "values": "0+10x120"},
        {"series": 'http_requests_total{service="s1",status_code="503"}', "values": "0+90x120"},
    ]
    groups = [group["name"] for group in (*theirs[SUBJECT.id], *pyrra.groups(SUBJECT))]
    samples = {
        "slo:sli_error:ratio_rate1h" + RATIO: 0.1,
        "slo:sli_error:ratio_rate30d" + RATIO.replace("1h", "30d"): 0.1,
        pyrra.burn_series("1h") + '{slo="pyrra-s0-a0"}': 0.1,
    }
    expected = [
        {
            "expr": name.partition("{")[0],
            "eval_time": "30m",
            "exp_samples": [{"labels": name, "value": value}],
        }
        for name, value in samples.items()
    ]
    test = {
        "rule_files": ["sloth.yml", "pyrra.yml"],
        "evaluation_interval": "30s",
        "fuzzy_compare": True,
        "group_eval_order": groups,
        "tests": [{"interval": "15s", "input_series": series, "promql_expr_test": expected}],
    }
    (tmp_path / "test.yml").write_text(json.dumps(test))
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "test.yml"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyrras_shape_reads_raw_counters_over_its_long_windows() -> None:
    exprs = [rule["expr"] for group in pyrra.groups(SUBJECT) for rule in group["rules"]]
    raw = [
        window
        for expr in exprs
        for window in re.findall(r"rate\(http_requests_total\{[^}]*\}\[(\w+)\]", expr)
    ]
    # Bad and total of each of the seven windows.
    assert len(raw) == 14
    assert raw.count("4d") == 2
