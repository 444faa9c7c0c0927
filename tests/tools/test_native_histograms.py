"""Objectives on native histograms: a real Prometheus scrapes them, promtool proves them, an old promtool cannot."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.conftest import need_tool
from tests.loading import render_with_proofs
from tests.tools.native_exporter import Growing, exporting
from tests.truth.server import free_port
from watchkeeper.cli import main

SPEC = """\
version: watchkeeper/v1
services:
  - service: edge
    targets: ["edge:8000"]
    metrics: [{name: far_seconds, type: histogram, labels: [route], external: true, native: true}]
    slos:
      - {name: fast, objective: 99%, window: 1d, sli: {latency: far_seconds, threshold: 200ms}}
      - {name: pay, objective: 99%, window: 1d, sli: {latency: far_seconds, threshold: 1s, where: {route: [/pay, /cart]}}}
  - {service: shop, targets: ["shop:8000"], slos: [{name: a, objective: 99%, window: 1d, sli: {availability: http}}]}
"""
# A proof plays as many evaluations as the interval makes of its hours; a real server must be asked soon.
SLOW = "stack: {scrape_interval: 30s, evaluation_interval: 1m, self_monitoring: {enabled: false}}\n"
SOON = "stack: {scrape_interval: 1s, evaluation_interval: 15s}\n"
_PATIENCE = 90


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """Return the folder of a rendered bundle."""
    (tmp_path / "spec.yml").write_text(SPEC + SLOW)
    render_with_proofs(tmp_path)
    return tmp_path / "monitoring"


def test_only_a_service_with_native_histograms_is_scraped_for_them(rendered: Path, promtool: str) -> None:
    config = rendered / "prometheus/prometheus.yml"
    edge, shop = config.read_text().split("- job_name: edge")[1].split("- job_name: shop")
    assert "scrape_native_histograms: true" in edge
    assert "scrape_native_histograms" not in shop
    assert (
        subprocess.run([promtool, "check", "config", config], capture_output=True, check=False).returncode
        == 0
    )


@contextmanager
def _prometheus(rendered: Path) -> Iterator[str]:
    port = free_port()
    command = [need_tool("prometheus"), f"--config.file={rendered}/prometheus/prometheus.yml",
               f"--storage.tsdb.path={rendered}/data", f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with (rendered / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _value(url: str, query: str) -> float | None:
    try:
        with urlopen(f"{url}/api/v1/query?{urlencode({'query': query})}", timeout=10) as answer:
            found = json.load(answer)["data"]["result"]
    except OSError:
        return None
    return float(found[0]["value"][1]) if found else None


def test_the_rendered_configuration_scrapes_a_real_one_and_the_rules_count_it(rendered: Path) -> None:
    (rendered.parent / "spec.yml").write_text(SPEC + SOON)
    render_with_proofs(rendered.parent)
    growing = Growing("far_seconds", 0.2, good=90, bad=10)
    with exporting(growing) as port, _prometheus(rendered) as url:
        targets = rendered / "prometheus/targets/services/edge.json"
        targets.write_text(json.dumps([{"targets": [f"127.0.0.1:{port}"]}]))
        ratio = (
            "max(slo:bad:rate_base{slo_id='edge-fast'}) / max(slo:total:rate_base{slo_id='edge-fast'} > 50)"
        )
        deadline = time.monotonic() + _PATIENCE
        while (found := _value(url, ratio)) is None:
            assert time.monotonic() < deadline, (rendered / "prometheus.log").read_text()[-3000:]
            time.sleep(1)
        # One in ten is slower, and a hundred are counted at each scrape of a second.
        assert found == pytest.approx(0.1, abs=1e-6)


def _passes(promtool: str, rendered: Path, name: str) -> bool:
    proof = rendered.parent / f"proofs/edge/{name}-minutes.yml"
    command = [promtool, "test", "rules", "--run", "a decoy service fails throughout", str(proof)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_proof_holds_and_fails_for_broken_rules(rendered: Path, promtool: str) -> None:
    mutants = [
        ("fast", "histogram_fraction(0, 0.2,", "histogram_fraction(0, 0.25,"),
        ("fast", "histogram_fraction(0, 0.2,", "histogram_fraction(0, 0.17,"),
        ("fast", "(1 - histogram_fraction", "(0.9 - histogram_fraction"),
        ("pay", '{route=~"/pay|/cart"}', ""),
        ("pay", "/pay|/cart", "/pay"),
    ]
    assert _passes(promtool, rendered, "fast")
    assert _passes(promtool, rendered, "pay")
    for name, before, after in mutants:
        rules = rendered / f"prometheus/rules/edge/{name}.yml"
        text = rules.read_text()
        assert before in text
        rules.write_text(text.replace(before, after))
        assert not _passes(promtool, rendered, name), (before, after)
        rules.write_text(text)


def _verify(spec: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str | None]:
    capsys.readouterr()
    main(["verify", str(spec), "--out", str(spec.parent), "--format", "json", "--no-cache"])
    alerts = json.loads(capsys.readouterr().out)["alerts"]
    return {alert["alert"]: alert["unproven"] for alert in alerts}


def test_they_are_unproven_in_an_old_promtool_only(
    rendered: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, promtool: str
) -> None:
    spec = rendered.parent / "spec.yml"
    old = os.environ.get("WATCHKEEPER_OLD_PROMTOOL")
    if not old:
        pytest.skip("no old promtool is named: WATCHKEEPER_OLD_PROMTOOL=$(scripts/old_promtool.sh)")
    monkeypatch.setenv("WATCHKEEPER_PROMTOOL", old)
    found = _verify(spec, capsys)
    assert found["ShopAFastBurn"] is None
    assert "native histograms need promtool 3 or newer, and this is 2." in (found["EdgeFastFastBurn"] or "")
    monkeypatch.delenv("WATCHKEEPER_PROMTOOL")
    assert set(_verify(spec, capsys).values()) == {None}
