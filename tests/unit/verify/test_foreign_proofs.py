"""The proofs of a service that others scrape pass, and fail when a selector loses one of its labels."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.loading import render_with_proofs

SPEC = """version: watchkeeper/v1
service: checkout
match: {job: pay, namespace: prod}
slos: [{name: availability, objective: 99%, sli: {availability: http}}]
alerts:
- {preset: service_down}
- {preset: error_ratio, above: 5%}
stack: {scrape_interval: 30s, evaluation_interval: 1m}
"""
SLO, ALERTS = "rules/checkout/availability", "alerts/checkout"
# The scenario that shows each, which saves most of the time.
FILES = {
    (SLO, "http_requests_total"): "a decoy service fails throughout",
    (SLO, "up"): "later the process is down",
    (ALERTS, "http_requests_total"): "HighErrorRate",
    (ALERTS, "up"): "ServiceDown",
}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "spec.yml").write_text(SPEC)
    render_with_proofs(folder)
    return folder


def _passes(promtool: str, folder: Path, rules: str, scenario: str) -> bool:
    proof = "availability-minutes" if rules == SLO else "alerts"
    command = [promtool, "test", "rules", "--run", scenario, str(folder / f"proofs/checkout/{proof}.yml")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("rules", "metric"), FILES)
def test_the_rules_pass_and_fail_when_the_selectors_of_a_metric_lose_a_label(
    rules: str, metric: str, rendered: Path, promtool: str
) -> None:
    scenario, path = FILES[rules, metric], rendered / f"monitoring/prometheus/{rules}.yml"
    text, own = path.read_text(), f'{metric}{{job="pay",namespace="prod"'
    assert own in text
    assert _passes(promtool, rendered, rules, scenario)
    try:
        for lost in ('job="pay",', ',namespace="prod"'):
            path.write_text(text.replace(own, own.replace(lost, "")))
            assert not _passes(promtool, rendered, rules, scenario), lost
    finally:
        path.write_text(text)
