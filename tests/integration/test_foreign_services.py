"""Services that others scrape, beside others of the same job: the front page, the overview and the report take each its own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need_tool
from tests.integration.recorded import prometheus
from tests.integration.report.recorded_month import Alert, Month, Recorded
from tests.loading import load_plan, load_spec
from tests.unit.sinks.test_sinks_alertmanager import running_alertmanager, until
from watchkeeper.alertmanager_api import given_alerts, post_alerts
from watchkeeper.cli import main
from watchkeeper.front_page.known_spec import KnownSpec
from watchkeeper.front_page.live_page import LivePage
from watchkeeper.front_page.recent_incidents import read_recent
from watchkeeper.local_http import get_json
from watchkeeper.overview.expected import expected
from watchkeeper.overview.reader import Addresses, Reader
from watchkeeper.pipeline import render_files

pytestmark = pytest.mark.tools
SPEC = """
version: watchkeeper/v1
team: payments
services:
  - service: checkout
    scrape: false
    match: {job: web, namespace: "pay.*(1)"}
    slos: [{name: availability, objective: 99%, window: 7d, sli: {availability: http}}]
    alerts:
      - name: Busy
        expr: sum by (namespace) (rate(http_requests_total{job="web", namespace="pay.*(1)"}[5m])) > 1
        severity: warning
        for: 1s
        proof:
          fires: [{series: 'http_requests_total{job="web", namespace="pay.*(1)"}', values: 0+900x9}]
          silent: [{series: 'http_requests_total{job="web", namespace="pay.*(1)"}', values: 0x9}]
    sla: {latency: {quantile: 0.95, below: 500ms}}
  - service: search
    scrape: false
    match: {job: web, namespace: search}
    slos: [{name: availability, objective: 99%, window: 7d, sli: {availability: http}}]
    alerts: [{preset: service_down, severity: critical, for: 1s}]
"""
# What a Prometheus Operator adds; the last namespace is nobody's, and a pattern would select it.
NAMESPACES = {"pay.*(1)": 10, "search": 20, "pay-all1": 40}
NOW = int(time.time())
END = NOW // 300 * 300
START = END - 7_200
FAULTY = (END - 1_800, END - 1_200)
FULL = Alert("DiskFull", (END - 900, END - 600), "saturation", "warning", 'service="mail"')


def counters() -> Iterator[str]:
    for namespace, speed in NAMESPACES.items():
        own = f'job="web",namespace="{namespace}",service="web-svc",instance="a:1"'
        # Into the future, so that a slow run finds them as fresh.
        for moment in range(START, NOW + 1_800, 15):
            done, bad = speed * (moment - START), speed * max(0, min(moment, FAULTY[1]) - FAULTY[0])
            yield f"up{{{own}}} {int(namespace != 'search')} {moment}\n"
            for le, share in (("0.5", 0.9), ("+Inf", 1.0)):
                labels = f'{own},handler="/",method="GET",status_code="200",le="{le}"'
                yield f"http_request_duration_seconds_bucket{{{labels}}} {done * share!r} {moment}\n"
            labels = f'{own},handler="/",method="GET",status_code="200"'
            yield f"http_request_duration_seconds_count{{{labels}}} {done} {moment}\n"
            yield f"http_requests_total{{{labels}}} {done - bad} {moment}\n"
            failed = f'{own},handler="/{namespace}",method="GET",status_code="500"'
            yield f"http_requests_total{{{failed}}} {bad} {moment}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    def objective(service: str, speed: float) -> Recorded:
        errors = lambda when: 1.0 * (FAULTY[0] <= when < FAULTY[1])  # noqa: E731
        slo_id = f"{service}-availability"
        alert = Alert(f"{service}-page", (FAULTY[0] + 120, FAULTY[1]))
        return Recorded(
            slo_id, START, END, lambda _: speed, errors, target=lambda _: 0.99, alerts=(alert, FULL)
        )

    both = (objective("checkout", 10.0), objective("search", 20.0))
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "spec.yml").write_text(SPEC)
    files = render_files(load_plan(folder / "spec.yml"))
    for service in ("checkout", "search"):
        (folder / f"{service}.yml").write_text(files[f"monitoring/prometheus/alerts/{service}.yml"])
    rules = folder / "[cs]*h*.yml"
    with prometheus(folder, Month(both, tuple(counters())), rules=rules) as address:
        yield address


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "monitoring" / "spec.yml"
    path.parent.mkdir()
    path.write_text(SPEC)
    return path


def test_targets_belong_to_the_service_whose_labels_they_have(server: str, spec: Path) -> None:
    seen = Reader(Addresses(server), spec=expected(load_spec(spec)[0])).read()
    assert {job.service: (job.up, job.total) for job in seen.jobs} == {
        "checkout": (1, 1),
        "search": (0, 1),
        "web-svc": (1, 1),
    }
    assert [one.service for one in seen.down] == ["search"]


def test_charts_have_the_series_of_the_service_alone(server: str, spec: Path) -> None:
    known = KnownSpec(spec)
    known.wait(10)
    page = LivePage(Addresses(server), known)
    html = page.html("localhost")
    for _ in range(300):
        if "<svg" in html:
            break
        time.sleep(0.1)
        html = page.html("localhost")
    charts = {
        name: re.findall(
            r'aria-label="(Requests|Errors|Duration)[^"]*?: \w+ ([^"]*?) now, at most ([^"]*)"', part
        )
        for name, part in re.findall(r"<bdi>([\w-]+)</bdi>(.*?)(?=<h3>|</section>)", html, re.DOTALL)
    }
    assert charts["checkout"] == [
        ("Requests", "10/s", "10/s"),
        ("Errors", "0%", "100%; the objective allows 1%, and now it is within"),
        ("Duration", "500 ms", "500 ms"),
    ]
    assert charts["search"][0] == ("Requests", "20/s", "20/s")


def test_incidents_of_the_last_hour_need_no_rollup(server: str, spec: Path) -> None:
    found = read_recent(server, end=NOW, windows={"checkout-availability": "7d"})
    rows = dict(found.incidents)
    assert [name for name, _ in found.incidents] == ["mail", "checkout-availability", "search-availability"]
    checkout = rows["checkout-availability"]
    assert checkout.start - FAULTY[0] == pytest.approx(60, abs=60)
    assert checkout.end is not None and checkout.end - FAULTY[1] == pytest.approx(60, abs=60)
    assert checkout.bad == pytest.approx(6_000, rel=0.1)
    assert checkout.share == pytest.approx(6_000 / (0.01 * 10 * 7 * 86_400), rel=0.1)
    assert ([one.name for one in checkout.alerts], checkout.paged) == (["checkout-page"], True)
    assert rows["search-availability"].share is None, "no window is known"
    mail = rows["mail"]
    assert ([one.name for one in mail.alerts], mail.paged, mail.share) == (["DiskFull"], False, None)


def test_the_report_reads_the_counters_of_the_service_alone(server: str, spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    ends = ["--from", str(START), "--to", str(END), "--at", str(END)]
    assert main(["report", str(spec), "--prometheus", server, *ends, "--out", str(out)]) == 1
    found = json.loads(out.read_text())
    handlers = {
        one["service"]: [each["handler"] for each in one["incidents"][0]["by_handler_and_status"]]
        for one in found["objectives"]
    }
    assert handlers == {"checkout": ["/pay.*(1)"], "search": ["/search"]}
    (latency,) = found["promises"]
    assert latency["actual"] == pytest.approx(0.9, abs=1e-3)


@pytest.fixture(scope="module")
def alertmanager(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return an Alertmanager that has the alerts of the Prometheus."""
    binary, config = need_tool("alertmanager"), tmp_path_factory.mktemp("am") / "alertmanager.yml"
    config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    until(lambda: len(_firing(server)) == 2)
    with running_alertmanager(config, binary) as address:
        post_alerts(address, [{"labels": one} for one in _firing(server)])
        yield address


def _firing(server: str) -> list[dict[str, str]]:
    listed = get_json(f"{server}/api/v1/alerts")["data"]["alerts"]
    return [one["labels"] for one in listed if one["state"] == "firing"]


def test_the_status_says_whose_the_target_is_that_is_down(
    server: str, alertmanager: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["status", str(spec), "--prometheus", server, "--alertmanager", alertmanager, "--once"])
    out = capsys.readouterr().out
    assert "■ search 0/1 up" in out
    assert "down     web a:1 of search" in out
    assert re.search(r"critical ServiceDown of search firing \d+s", out), out


@pytest.mark.parametrize(
    ("words", "muted"),
    [
        (("service=search",), {"ServiceDown"}),
        (("ServiceDown", "service=search"), {"ServiceDown"}),
        (("namespace=pay.*(1)",), {"Busy"}),
    ],
)
def test_a_silence_mutes_the_alerts_of_the_service(
    alertmanager: str, spec: Path, words: tuple[str, ...], muted: set[str]
) -> None:
    of = ["--alertmanager", alertmanager, "--spec", str(spec), "--author", "tester"]
    assert main(["silence", "add", *words, "--comment", "x", *of]) == 0
    until(lambda: {one.labels["alertname"] for one in given_alerts(alertmanager) if one.silenced_by} == muted)
    main(["silence", "expire", "--all-mine", *of])
    until(lambda: not any(one.silenced_by for one in given_alerts(alertmanager)))


@pytest.mark.parametrize("words", [("namespace=search",), ("ServiceDown", "namespace=search")])
def test_a_label_that_no_alert_of_the_service_has_is_refused_with_what_to_write(
    alertmanager: str, spec: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    of = ["--alertmanager", alertmanager, "--spec", str(spec), "--author", "tester"]
    assert main(["silence", "add", *words, "--comment", "x", *of]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert first == 'error: no alert meets namespace="search", a label of series: write service="search"'
