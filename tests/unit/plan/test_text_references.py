"""References in the texts of alerts, filled in by the real Prometheus; other braces stay as they are written."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.loading import load_plan
from tests.unit.plan.filled_in import filled_in
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
    of = '{service="shop",instance="a:1"}'
    series = {f"process_resident_memory_bytes{of}": "90x60", f"process_memory_limit_bytes{of}": "100x60"}
    expected = {
        "summary": "a:1 uses 90% of {its} {{memory}}",
        "description": "a:1 uses 90% of its memory (limit 85%). 900ms 0.9 a:1{{ .Values.x }} {",
    }
    found = filled_in(tmp_path, promtool, "HighSaturation", series, at="20m")
    assert {name: found[name] for name in expected} == expected


def test_text_around_a_reference_stays_inert() -> None:
    assert with_references("{ {{ $value }} }") == '{{ "{" }} {{ $value }} }'
    assert with_references("a {{ b }} {{ $value }}{") == 'a {{ "{{" }} b }} {{ $value }}{{ "{" }}'
