"""The rules that ours are measured against are real: promtool takes them, and they say what their originals say."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.rulebench import pyrra, sloth
from scripts.rulebench.subject import RuleGroup, Subject, on_all_services, on_service

Shape = Callable[[Subject], tuple[RuleGroup, ...]]
SUBJECT = on_service("s0", "a0")
OWN = '{sloth_id="s0-a0", sloth_service="s0", sloth_slo="a0", sloth_window="%s"}'


def _write(path: Path, groups: tuple[RuleGroup, ...]) -> Path:
    path.write_text(json.dumps({"groups": groups}))
    return path


@pytest.mark.tools
@pytest.mark.parametrize("subject", [SUBJECT, on_all_services("all", "wide")], ids=["narrow", "wide"])
@pytest.mark.parametrize(("shape", "rules"), [(sloth.groups, 17), (pyrra.groups, 13)], ids=["sloth", "pyrra"])
def test_promtool_takes_every_rule(
    shape: Shape, rules: int, subject: Subject, tmp_path: Path, promtool: str
) -> None:
    path = _write(tmp_path / "rules.yml", shape(subject))
    done = subprocess.run([promtool, "check", "rules", path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {rules} rules found" in done.stdout


@pytest.mark.tools
def test_both_shapes_count_the_same_errors(tmp_path: Path, promtool: str) -> None:
    _write(tmp_path / "sloth.yml", sloth.groups(SUBJECT))
    _write(tmp_path / "pyrra.yml", pyrra.groups(SUBJECT))
    # One in ten fails; what another service counts is not theirs.
    series = [
        {"series": 'http_requests_total{service="s0",status_code="200"}', "values": "0+90x120"},
        {"series": 'http_requests_total{service="s0",status_code="503"}', "values": "0+10x120"},
        {"series": 'http_requests_total{service="s1",status_code="503"}', "values": "0+90x120"},
    ]
    groups = [group["name"] for shape in (sloth, pyrra) for group in shape.groups(SUBJECT)]
    samples = {
        sloth.ratio_series("1h") + OWN % "1h": 0.1,
        sloth.ratio_series("30d") + OWN % "30d": 0.1,
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


@pytest.mark.parametrize(("shape", "longest"), [(sloth, "3d"), (pyrra, "4d")], ids=["sloth", "pyrra"])
def test_a_shape_reads_raw_counters_over_its_long_windows(shape: object, longest: str) -> None:
    exprs = [rule["expr"] for group in shape.groups(SUBJECT) for rule in group["rules"]]  # type: ignore[attr-defined]
    raw = [
        window
        for expr in exprs
        for window in re.findall(r"rate\(http_requests_total\{[^}]*\}\[(\w+)\]", expr)
    ]
    # Bad and total of each of the seven windows.
    assert len(raw) == 14
    assert raw.count(longest) == 2


def test_every_recording_that_a_sloth_alert_reads_is_there() -> None:
    rules = [rule for group in sloth.groups(SUBJECT) for rule in group["rules"]]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    read = {name for rule in rules for name in re.findall(r"(slo:[\w:]+)\{", rule["expr"])}
    assert read <= recorded
    assert {"slo:sli_error:ratio_rate5m", "slo:sli_error:ratio_rate3d"} <= read
