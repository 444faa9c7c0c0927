"""Small specs, one theme each, render to files that a person has read. WATCHKEEPER_UPDATE_GOLDEN=1 rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.pipeline import render_files, render_proofs

HERE = Path(__file__).parent
# The files that each theme is about; the rest of a render has tests of its own.
THEMES = {
    "presets": ("monitoring/prometheus/alerts/shop.yml",),
    "objectives": (
        "monitoring/prometheus/rules/shop/availability.yml",
        "monitoring/prometheus/rules/shop/mails.yml",
        "monitoring/prometheus/rules/shop/reachable.yml",
        "monitoring/proofs/shop.md",
        "ci/proofs/shop/reachable-minutes.yml",
    ),
    "maintenance": (
        "monitoring/prometheus/alerts/shop.yml",
        "monitoring/prometheus/alerts/shop_maintenance.yml",
        "monitoring/prometheus/rules/shop/availability.yml",
        "monitoring/proofs/shop.md",
    ),
    "by_label": ("monitoring/prometheus/rules/shop/availability.yml",),
    "opentelemetry": (
        "monitoring/prometheus/alerts/shop.yml",
        "monitoring/prometheus/rules/shop/availability.yml",
    ),
    "routes": ("monitoring/alertmanager/alertmanager.yml",),
    "own_metrics": (
        "monitoring/instrumentation/shop.json",
        "monitoring/prometheus/alerts/shop.yml",
        "monitoring/prometheus/prometheus.yml",
        "monitoring/prometheus/targets/services/shop.json",
    ),
}


@pytest.mark.parametrize("theme", THEMES)
def test_a_small_spec_renders_as_reviewed(theme: str) -> None:
    plan = load_plan(HERE / theme / "spec.yml")
    proofs = render_proofs(plan, root="../..")
    files = {**render_files(plan), **{f"ci/proofs/{path}": text for path, text in proofs.items()}}
    for path in THEMES[theme]:
        expected = HERE / theme / "expected" / path
        if os.environ.get("WATCHKEEPER_UPDATE_GOLDEN"):
            expected.parent.mkdir(parents=True, exist_ok=True)
            expected.write_text(files[path], encoding="utf-8")
        assert expected.read_text(encoding="utf-8") == files[path], path


def test_no_reviewed_file_is_left_over() -> None:
    for theme, paths in THEMES.items():
        folder = HERE / theme / "expected"
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert found == set(paths)
