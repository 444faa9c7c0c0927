"""`watchkeeper doctor` asks a real Prometheus whose series have the labels of kube-prometheus."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.recorded import History, Value, prometheus
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
STEP = 30
HEAD = "version: watchkeeper/v1\n"
PAY = """service: checkout
signals: [http]
slos:
- {name: availability, objective: 99%, sli: {availability: http}}
- {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 250ms}}
alerts: [{preset: service_down}]
stack: {scrape_interval: 30s}
"""
MATCH = "match: {job: checkout, namespace: prod}\n"


def _target(job: str, namespace: str, pod: int) -> str:
    return (
        f'job="{job}",namespace="{namespace}",pod="{job}-{pod}",container="app",endpoint="http",service="{job}-http",'
        f'instance="10.0.0.{pod}:8000"'
    )


def _series() -> dict[tuple[str, str], Value]:
    rows: dict[tuple[str, str], Value] = {}
    for namespace, pods in (("prod", (1, 2)), ("staging", (3,))):
        for pod in pods:
            labels = _target("checkout", namespace, pod)
            route = f'{labels},handler="/pay",method="GET",status_code="200"'
            rows["up", labels] = lambda _: 1.0
            rows["http_requests_total", route] = lambda at: at
            rows["http_request_duration_seconds_count", route] = lambda at: at
            for bound in ("0.1", "0.25", "1.0", "+Inf"):
                rows["http_request_duration_seconds_bucket", f'{route},le="{bound}"'] = lambda at: at
    # Another library's metrics under the same names.
    other = _target("search", "prod", 4)
    rows["up", other] = lambda _: 1.0
    rows["http_requests_total", f'{other},path="/",status="200"'] = lambda at: at
    return rows


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    now = int(time.time()) // STEP * STEP
    history = History(_series(), now - 3_600, now + 900, STEP)
    with prometheus(tmp_path_factory.mktemp("doctor"), history) as address:
        yield address


def _doctor(
    server: str, spec: str, folder: Path, capsys: pytest.CaptureFixture[str], *flags: str
) -> tuple[int, dict[str, Any]]:
    (folder / "spec.yml").write_text(HEAD + spec)
    code = main(["doctor", str(folder / "spec.yml"), "--prometheus", server, "--format", "json", *flags])
    (found,) = json.loads(capsys.readouterr().out)["services"]
    return code, found


def _by_state(found: dict[str, Any]) -> dict[str, list[str]]:
    states: dict[str, list[str]] = {}
    for one in found["series"]:
        states.setdefault(one["state"], []).append(one["selector"])
    return states


def test_under_the_right_labels_every_rule_finds_its_series(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _doctor(server, PAY + MATCH, tmp_path, capsys)
    assert (code, found["well"], found["targets"], found["up"]) == (0, True, 2, 2), found
    states = _by_state(found)
    # Nothing has failed yet, and no name is taken: these are no mistakes.
    assert states.pop("quiet") == [
        'http_requests_total{job="checkout",namespace="prod",status_code=~"5.."}',
        'instrumentation_metric_conflicts{job="checkout",namespace="prod"}',
    ]
    assert [*states] == ["ok"]
    (bucket,) = [one for one in found["series"] if "_bucket" in one["selector"]]
    assert (bucket["found"], bucket["used_by"]) == (2, ["latency"])


def test_our_own_labels_find_nothing_there_and_those_that_fit_are_proposed(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _doctor(server, PAY, tmp_path, capsys)
    assert (code, found["targets"]) == (1, 0)
    assert found["findings"] == ['no target has service="checkout"']
    assert found["match"] == [
        {"job": "checkout", "namespace": "prod"},
        {"job": "checkout", "namespace": "staging"},
    ]
    assert {one["state"] for one in found["series"]} == {"missing", "quiet"}
    reasons = {one["selector"]: one["reason"] for one in found["series"]}
    assert (
        reasons['http_requests_total{service="checkout"}']
        == "4 series of http_requests_total have other labels"
    )


def test_labels_that_select_several_namespaces_count_both(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _doctor(server, PAY + "match: {job: checkout}\n", tmp_path, capsys)
    assert (code, found["targets"]) == (1, 3)
    assert found["findings"] == [
        "its targets are in 2 namespaces, prod, staging: name one of them in `match`"
    ]


def test_another_librarys_labels_and_buckets_are_named(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = "service: search\nmatch: {job: search}\nslos: [{name: a, objective: 99%, sli: {availability: http}}]\n"
    code, found = _doctor(server, spec + "stack: {scrape_interval: 30s}\n", tmp_path, capsys)
    assert code == 1
    reasons = {one["selector"]: one["reason"] for one in found["series"] if one["state"] == "wrong"}
    assert reasons['http_requests_total{job="search"}'].startswith(
        "no label method, handler, status_code; its"
    )
    assert "no label status_code" in reasons['http_requests_total{job="search",status_code=~"5.."}']
    wrong = PAY.replace("250ms", "500ms") + MATCH
    code, found = _doctor(server, wrong, tmp_path, capsys)
    (reason,) = [one["reason"] for one in found["series"] if one["state"] == "wrong"]
    assert (code, reason) == (1, "no bucket ends at 0.5; its bounds are 0.1, 0.25, 1.0, +Inf")


def test_rules_for_more_scrapes_than_there_are_are_found(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _doctor(server, (PAY + MATCH).replace("30s", "15s"), tmp_path, capsys)
    assert code == 1
    assert found["findings"] == [
        "it is scraped every 30s, and the rules are made for 15s: write `scrape_interval: 30s`"
    ]


def test_the_table_says_the_same_in_words(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spec.yml").write_text(HEAD + PAY)
    assert main(["doctor", str(tmp_path / "spec.yml"), "--prometheus", server]) == 1
    out = capsys.readouterr().out
    assert 'checkout: these labels fit: match: {job: "checkout", namespace: "prod"}' in out
    assert out.splitlines()[-1] == "0 of 1 services find all of their series"


def test_a_hundred_objectives_are_asked_about(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slos = "".join(
        f"- {{name: o{n}, objective: 99%, sli: {{availability: http, where: {{handler: /r{n}}}}}}}\n"
        for n in range(100)
    )
    (tmp_path / "spec.yml").write_text(f"{HEAD}service: checkout\n{MATCH}slos:\n{slos}")
    assert main(["doctor", str(tmp_path / "spec.yml"), "--prometheus", server]) in (0, 1)
    assert capsys.readouterr().out.count("handler=") >= 200


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("http://127.0.0.1:9", "nothing listens"),
        ("localhost", "is not an address"),
        ("http://127.0.0.1:{silent}", "timed out"),
    ],
)
def test_a_server_that_does_not_answer_is_one_line(
    address: str,
    word: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import socket

    from watchkeeper import prometheus_api

    monkeypatch.setattr(prometheus_api.api_get, "__kwdefaults__", {"seconds": 0.3})
    (tmp_path / "spec.yml").write_text(HEAD + PAY)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = address.replace("{silent}", str(silent.getsockname()[1]))
        assert main(["doctor", str(tmp_path / "spec.yml"), "--prometheus", url]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert word in line


def test_a_service_that_the_spec_lacks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spec.yml").write_text(HEAD + PAY)
    command = [
        "doctor",
        str(tmp_path / "spec.yml"),
        "--prometheus",
        "http://127.0.0.1:9",
        "--service",
        "chekout",
    ]
    assert main(command) == 2
    assert "did you mean checkout?" in capsys.readouterr().err
