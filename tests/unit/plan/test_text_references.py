"""References in the texts of alerts, filled in by the real Prometheus; other braces stay as they are written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import yaml

from tests.loading import load_plan
from watchkeeper.pipeline import render_files
from watchkeeper.plan.planned_alert import with_references

SUMMARY = "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of {its} {{memory}}"
DESCRIPTION = "{{$value|humanizeDuration}} {{ $value }} {{ $labels.instance}}{{ .Values.x }} {"


def test_prometheus_fills_in_references_and_nothing_else(tmp_path: Path, promtool: str) -> None:
    alert = {
        "preset": "saturation",
        "resource": "memory",
        "above": "85%",
        "summary": SUMMARY,
        "description": DESCRIPTION,
    }
    spec = {"version": "watchkeeper/v1", "service": "shop", "signals": ["http", "system"], "alerts": [alert]}
    (tmp_path / "spec.yml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    rules = render_files(load_plan(tmp_path / "spec.yml"))["monitoring/prometheus/alerts/shop.yml"]
    (tmp_path / "rules.yml").write_text(rules, encoding="utf-8")
    series = {"process_resident_memory_bytes": "90x60", "process_memory_limit_bytes": "100x60"}
    expected = {
        "summary": "a:1 uses 90% of {its} {{memory}}",
        "description": "a:1 uses 90% of its memory (limit 85%). 900ms 0.9 a:1{{ .Values.x }} {",
    }
    found = _annotations(tmp_path, promtool, series)
    assert {name: found[name] for name in expected} == expected


def _annotations(folder: Path, promtool: str, series: dict[str, str]) -> dict[str, str]:
    """Return the annotations of the alert HighSaturation, from promtool's complaint about wrong ones."""
    wrong: dict[str, object] = {"exp_labels": {}, "exp_annotations": {}}
    inputs = [
        {"series": f'{name}{{service="shop",instance="a:1"}}', "values": values}
        for name, values in series.items()
    ]
    check = {"eval_time": "20m", "alertname": "HighSaturation", "exp_alerts": [wrong]}
    test = {"interval": "1m", "input_series": inputs, "alert_rule_test": [check]}
    (folder / "test.yml").write_text(
        json.dumps({"rule_files": ["rules.yml"], "tests": [test]}), encoding="utf-8"
    )
    done = subprocess.run(
        [promtool, "test", "rules", str(folder / "test.yml")], capture_output=True, text=True, check=False
    )
    [line] = [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if "Annotations:{" in line and "uses" in line
    ]
    inside = line.split("Annotations:{", 1)[1]
    found: dict[str, str] = {}
    while inside.lstrip(", ") and not inside.lstrip(", ").startswith("}"):
        name, _, following = inside.lstrip(", ").partition("=")
        found[name], end = json.JSONDecoder().raw_decode(following)
        inside = following[end:]
    return found


def test_text_around_a_reference_stays_inert() -> None:
    assert with_references("{ {{ $value }} }") == '{{ "{" }} {{ $value }} }'
    assert with_references("a {{ b }} {{ $value }}{") == 'a {{ "{{" }} b }} {{ $value }}{{ "{" }}'
