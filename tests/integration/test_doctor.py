"""`watchkeeper doctor` asks a real Prometheus whose series have the labels of kube-prometheus."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from tests.certificates import Authority
from tests.conftest import need_tool
from tests.integration.recorded import History, Value, prometheus
from tests.truth.server import free_port
from watchkeeper.cli import main
from watchkeeper.local_http import failure_reason
from watchkeeper.model.http_dialect import OTEL_DURATION

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
AVAILABILITY = "slos: [{name: a, objective: 99%, sli: {availability: http}}]\nstack: {scrape_interval: 30s}\n"
UNTRUSTED = "its certificate is not trusted; name the file of another authority in SSL_CERT_FILE"
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
    # A batch job of others that writes bounds as Prometheus 2 does.
    for bound in ("1", "5", "+Inf"):
        rows["job_seconds_bucket", f'job="batch",queue="a",le="{bound}"'] = lambda at: at
    rows["job_seconds_count", 'job="batch",queue="a"'] = lambda at: at
    # A service whose OpenTelemetry has its older names, and one whose exporter mixes up labels, as 0.50b0 did.
    for job, name, status in (
        ("legacy", "http_server_duration_milliseconds", "200"),
        ("mixed", OTEL_DURATION, "GET"),
    ):
        labels = _target(job, "prod", 9)
        rows["up", labels] = lambda _: 1.0
        rows[f"{name}_count", f'{labels},http_response_status_code="{status}",http_route="/a"'] = lambda at: (
            at
        )
    # A service of two workers behind one port, whose exporter knows nothing of the other one.
    labels = _target("forked", "prod", 9)
    rows["up", labels] = lambda _: 1.0
    workers = f'{labels},http_request_method="GET",http_response_status_code="200",http_route="/a"'
    rows[f"{OTEL_DURATION}_count", workers] = lambda at: at if int(at) // STEP % 2 else at / 2
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


@pytest.mark.parametrize(
    ("job", "keys", "finding"),
    [
        ("legacy", "", "OTEL_SEMCONV_STABILITY_OPT_IN=http in its environment, and write `dialect: otel`"),
        ("legacy", "dialect: otel\n", "OTEL_SEMCONV_STABILITY_OPT_IN=http in its environment"),
        (
            "mixed",
            "dialect: otel\n",
            "http_response_status_code is GET in some series, which is no status code",
        ),
        ("forked", "dialect: otel\n", "times in 10m, as if several workers share a port"),
        ("checkout", "dialect: otel\n", "as our middleware does: leave out `dialect: otel`"),
    ],
)
def test_metrics_of_another_dialect_are_named(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], job: str, keys: str, finding: str
) -> None:
    spec = f"service: a\n{keys}match: {{job: {job}, namespace: prod}}\n{AVAILABILITY}"
    code, found = _doctor(server, spec, tmp_path, capsys)
    (said,) = found["findings"]
    assert (code, finding in said) == (1, True), said


def test_another_librarys_labels_and_buckets_are_named(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _doctor(
        server, f"service: search\nmatch: {{job: search}}\n{AVAILABILITY}", tmp_path, capsys
    )
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


def test_a_bound_in_either_spelling_is_there_although_another_matcher_finds_nothing(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = """service: checkout
match: {job: checkout, namespace: prod}
metrics: [{name: job_seconds, type: histogram, labels: [queue], buckets: [1, THRESHOLD], external: true}]
slos: [{name: jobs, objective: 99%, sli: {latency: job_seconds, threshold: THRESHOLDs, where: {queue: b}}}]
stack: {scrape_interval: 30s}
"""
    _, found = _doctor(server, spec.replace("THRESHOLD", "5"), tmp_path, capsys)
    states = {one["selector"]: one["state"] for one in found["series"] if "job_" in one["selector"]}
    assert states == {
        'job_seconds_count{queue="b"}': "quiet",
        'job_seconds_bucket{queue="b",le=~"5|5\\\\.0"}': "quiet",
    }
    _, found = _doctor(server, spec.replace("THRESHOLD", "4"), tmp_path, capsys)
    reasons = [one["reason"] for one in found["series"] if one["state"] == "wrong"]
    assert reasons == ["no bucket ends at 4; its bounds are 1, 5, +Inf"]


@pytest.mark.parametrize(
    ("match", "findings"),
    [
        ("{job: checkout, namespace: prd}", ['no target has namespace="prd"; did you mean prod?']),
        (
            "{job: checkout, cluster: eu}",
            ["no target has a label cluster; external labels are not on the series of their own Prometheus"],
        ),
        (
            "{job: search, namespace: staging}",
            ['no target has job="search", namespace="staging"'],
        ),
    ],
    ids=["a value of no target", "an external label", "values that no target has together"],
)
def test_the_label_that_no_target_has_is_named(
    match: str, findings: list[str], server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _doctor(server, f"{PAY}match: {match}\n", tmp_path, capsys)
    assert (code, found["findings"]) == (1, findings)


def test_services_that_take_the_same_targets_are_found_where_no_label_of_the_spec_shows_it(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slos = "slos: [{name: a, objective: 99%, sli: {availability: http}}]"
    spec = f"""services:
- {{service: checkout, match: {{job: checkout, namespace: prod}}, {slos}}}
- {{service: checkout-http, scrape: false, {slos}}}
stack: {{scrape_interval: 30s}}
"""
    code, found = _doctor(server, spec, tmp_path, capsys, "--service", "checkout")
    assert (code, found["findings"]) == (
        1,
        ["some of its targets belong to checkout-http too, and both would count them: write `match` in both"],
    )


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


def test_a_server_with_tls_and_passwords_is_asked_and_a_strange_certificate_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "authority")
    pair = authority.pair("server", "127.0.0.1")
    hashed = bcrypt.hashpw(b"s3cr et@:/#", bcrypt.gensalt(4)).decode()
    tls = {"cert_file": str(pair.certificate), "key_file": str(pair.key)}
    (tmp_path / "web.yml").write_text(
        json.dumps({"tls_server_config": tls, "basic_auth_users": {"me": hashed}})
    )
    (tmp_path / "spec.yml").write_text(HEAD + PAY + MATCH)
    url = f"https://me:s3cr%20et%40%3A%2F%23@127.0.0.1:{free_port()}"
    with _secured(tmp_path, url):
        assert _codes(tmp_path, url, capsys) == (
            2,
            f"{UNTRUSTED} (unable to get local issuer certificate)",
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        _until_ready(url)
        assert _codes(tmp_path, url, capsys) == (1, "")
        assert _codes(tmp_path, url.replace("s3", "S3"), capsys) == (2, "answers 401 Unauthorized")


def _codes(folder: Path, url: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code, and the one line of the error without the address; no output has the password."""
    code = main(["doctor", str(folder / "spec.yml"), "--prometheus", url])
    captured = capsys.readouterr()
    assert "cr%20et" not in captured.out + captured.err
    if code == 1:
        assert "this Prometheus scrapes nothing: it has no series of up" in captured.out
    return code, captured.err.strip().partition(": https://")[2].partition(": ")[2]


@contextmanager
def _secured(folder: Path, url: str) -> Iterator[None]:
    (folder / "prometheus.yml").write_text("{}")
    command = [
        need_tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={url.rpartition('@')[2]}",
        f"--web.config.file={folder / 'web.yml'}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until = time.monotonic() + 30
            while "not trusted" not in failure_reason(url):
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.1)
            yield
        finally:
            process.kill()


def _until_ready(url: str) -> None:
    until = time.monotonic() + 30
    while failure_reason(f"{url}/-/ready"):
        assert time.monotonic() < until
        time.sleep(0.1)


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
