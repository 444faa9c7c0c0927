"""Proofs feed what the service can expose: an impossible matcher has no proof, and an assumed value is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.cli import main

METRICS = "metrics: [{name: jobs_total, type: counter, labels: [outcome]%s}]\n"
NOTIFY = """notify:
  receivers: {slack: {webhook_file: secrets/s, channel: "#a"}}
  routes: {critical: [slack], warning: [slack]}
# A slow evaluation and no rules on the stack itself, and below a window of a day: a fifth of the evaluations to play.
stack: {scrape_interval: 30s, evaluation_interval: 1m, self_monitoring: {enabled: false}}
"""
CODES = """{bad: 'http_requests_total{status_code="5xx"}', total: http_requests_total}"""
BOUND = (
    """{good: 'http_request_duration_seconds_bucket{handler="/checkout",le="1"}', """
    """total: 'http_request_duration_seconds_count{handler="/checkout"}'}"""
)
JOBS = """{bad: 'jobs_total{outcome="failed"}', total: jobs_total}"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promtool: str, amtool: str, jaeger: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("watchkeeper.verify.proof_cache.cache_root", lambda: tmp_path / "cache")


def _verify(
    capsys: pytest.CaptureFixture[str], events: str, further: str = "", *words: str
) -> tuple[int, Any]:
    Path("spec.yml").write_text(
        f"version: watchkeeper/v1\nservice: shop\n{further}"
        f"slos: [{{name: o, objective: 99%, window: 1d, sli: {{events: {events}}}}}]\n{NOTIFY}"
    )
    assert main(["render", "spec.yml", "--out", "out"]) == 0
    capsys.readouterr()
    code = main(["verify", "spec.yml", "--out", "out", "--format", "json", *words])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("events", [CODES, BOUND], ids=["status_code=5xx", "le=1"])
def test_without_the_check_an_impossible_matcher_has_no_proof(
    events: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Before, the proofs made up a series with the impossible value, and said yes three times.
    monkeypatch.setattr(
        "watchkeeper.spec.promql.references.matcher_problems", lambda *_, **__: (), raising=False
    )
    code, document = _verify(capsys, events, "", "--strict")
    assert code == 1
    alerts = [alert for alert in document["alerts"] if alert["alert"].startswith("ShopO")]
    assert [alert["fires"] for alert in alerts] == [None] * 4
    assert all("shop can expose no series that" in alert["unproven"] for alert in alerts)


def test_an_assumed_value_is_said_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = _verify(capsys, JOBS, METRICS % "")
    assert code == 0
    assumed = ['jobs_total with outcome="failed"']
    assert [(alert["fires"], alert["assumes"]) for alert in document["alerts"]][1:3] == [(True, assumed)] * 2
    assert main(["verify", "spec.yml", "--out", "out"]) == 0
    out = capsys.readouterr().out
    assert "the proofs assume that these series exist" in out
    assert '  jobs_total with outcome="failed"   (ShopOFastBurn and' in out
    assert main(["explain", "--spec", "spec.yml"]) == 0
    assert 'assumes series of jobs_total with outcome="failed"' in capsys.readouterr().out


def test_what_a_users_own_proof_assumes_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    series = """[{series: 'lag{cluster="orders"}', values: "%sx30"}]"""
    Path("spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nmetrics: [{name: lag, type: gauge, external: true}]\nalerts:\n"
        '  - name: Lag\n    expr: max(lag{cluster="orders"}) > 30\n'
        f"    proof: {{fires: {series % 60}, silent: {series % 5}}}\n" + NOTIFY
    )
    assert main(["render", "spec.yml", "--out", "out"]) == 0
    capsys.readouterr()
    assert main(["verify", "spec.yml", "--out", "out", "--format", "json"]) == 0
    alert = json.loads(capsys.readouterr().out)["alerts"][0]
    assert (alert["fires"], alert["assumes"]) == (True, ['lag with cluster="orders"'])


def test_a_declared_value_is_not_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = _verify(capsys, JOBS, METRICS % ", values: {outcome: [done, failed]}")
    assert code == 0
    assert {alert["fires"] for alert in document["alerts"] if alert["fires"] is not None} == {True}
    assert [alert["assumes"] for alert in document["alerts"]] == [[]] * len(document["alerts"])


def test_a_histogram_in_milliseconds_is_proven(capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nmetrics:\n"
        "  - {name: istio_request_duration_milliseconds, type: histogram, external: true, unit: ms,"
        " buckets: [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000]}\n"
        "slos: [{name: o, objective: 99%, window: 1d,"
        " sli: {latency: istio_request_duration_milliseconds, threshold: 250ms}}]\n"
        "alerts: [{preset: latency_quantile, metric: istio_request_duration_milliseconds, above: 1s}]\n"
        + NOTIFY
    )
    assert main(["render", "spec.yml", "--out", "out"]) == 0
    capsys.readouterr()
    assert main(["verify", "spec.yml", "--out", "out", "--format", "json"]) == 0
    alerts = {alert["alert"]: alert for alert in json.loads(capsys.readouterr().out)["alerts"]}
    assert [alerts[name]["fires"] for name in ("HighLatency", "ShopOFastBurn")] == [True, True]
