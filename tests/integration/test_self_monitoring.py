"""The stack's own alerts on real servers: what they read is exposed, none fires at rest, and the Watchdog beats."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.conftest import need_tool
from tests.loading import load_plan
from watchkeeper import naming, promql_tree
from watchkeeper.alertmanager_api import post_alerts
from watchkeeper.local_http import NoAnswer, get, get_json
from watchkeeper.pipeline import render_files
from watchkeeper.plan.plan import Plan
from watchkeeper.prometheus_api import instant
from watchkeeper.stack.loaded_rules import loaded_rules
from watchkeeper.stack.ports.free_ports import free_ports

pytestmark = [pytest.mark.integration, pytest.mark.tools]

SPEC = """\
version: watchkeeper/v1
service: shop
targets: ["127.0.0.1:1"]
slos:
  - {name: availability, objective: 99%, sli: {availability: http}}
alerts:
  - {name: Never, expr: "vector(1) > 2", proof: {fires: [{series: up, values: 1x9}], silent: [{series: up, values: 1x9}]}}
notify:
  receivers: {audit: {type: webhook, url_file: secrets/audit}}
  routes: {critical: [audit], warning: [audit], info: [audit]}
  dead_man: {url_file: secrets/dead_man, group_interval: 30s}
  drill_every: 30d
stack: {retention: 31d, retention_size: 20GB, backup_every: 1d, scrape_interval: 1s, evaluation_interval: 1s}
"""
PATIENCE = 90
# Parts of the stack that this test does not run: they need not be there for Prometheus to be at rest.
ABSENT = ("jaeger", "jaeger-spans", "grafana")


class Beats:
    """What the dead-man's switch and the receiver of people have got, with the statuses of the alerts."""

    def __init__(self) -> None:
        self.got: list[tuple[float, str, str]] = []
        beats = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                names = {alert["labels"]["alertname"] for alert in body["alerts"]}
                beats.got += [(time.monotonic(), self.path, f"{name} {body['status']}") for name in names]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def at(self, path: str) -> list[str]:
        return [what for _, got, what in self.got if got == path]


@contextmanager
def program(*command: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends."""
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plan, str, str, Beats, Any]]:
    """A Prometheus and an Alertmanager with the rendered files, scraped and notified as in the stack."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "spec.yml").write_text(SPEC)
    plan, ports, beats = load_plan(folder / "spec.yml"), free_ports(), Beats()
    for path, text in render_files(plan).items():
        # The intervals of the spec's smallest beat, a tenth as long, and what a drill leaves after seconds.
        quick = text.replace("interval: 30s\n", "interval: 3s\n").replace(
            "interval: 25s\n", "interval: 2500ms\n"
        )
        quick = quick.replace("offset 5m", "offset 4s")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(quick)
    at = {"prometheus": ports.prometheus, "alertmanager": ports.alertmanager}
    targets = folder / naming.PROMETHEUS / "targets"
    for job in ("prometheus", "alertmanager", *ABSENT):
        listed = [{"targets": [f"127.0.0.1:{at[job]}"]}] if job in at else []
        (targets / "stack" / f"{job}.json").write_text(json.dumps(listed))
    (targets / "services" / "shop.json").write_text("[]")
    one = f'[{{"targets": ["127.0.0.1:{ports.alertmanager}"]}}]'
    (targets / "alertmanagers.json").write_text(one)
    secrets = folder / naming.ALERTMANAGER / "secrets"
    secrets.mkdir(exist_ok=True)
    for name in ("audit", "dead_man"):
        (secrets / name).write_text(f"http://127.0.0.1:{beats.server.server_port}/{name}")
    prometheus = (
        need_tool("prometheus"),
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{ports.prometheus}",
        "--enable-feature=exemplar-storage",
    )
    alertmanager = (
        need_tool("alertmanager"),
        "--config.file=alertmanager.yml",
        f"--storage.path={folder / 'am'}",
        "--cluster.listen-address=",
        "--enable-feature=utf8-strict-mode,receiver-name-in-metrics",
        f"--web.listen-address=127.0.0.1:{ports.alertmanager}",
    )
    server, manager = (f"http://127.0.0.1:{port}" for port in at.values())
    with (
        program(*alertmanager, folder=folder / naming.ALERTMANAGER),
        program(*prometheus, folder=folder / naming.PROMETHEUS) as running,
    ):
        # Prometheus may find the targets of one job five seconds after those of another.
        scraped = 'count(up{job=~"prometheus|alertmanager"} == 1) == 2'
        _wait(lambda: bool(instant(server, f"{naming.SPEC_INFO} and on() ({scraped})")))
        yield plan, server, manager, beats, running


def _wait(holds: Any) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if holds():
                return
        except NoAnswer:
            pass
        time.sleep(0.3)
    pytest.fail("it did not happen in time")


def test_every_metric_and_label_that_the_alerts_read_is_exposed(stack: Any) -> None:
    plan, server, manager, _, _ = stack
    text = (get(f"{server}/metrics") + get(f"{manager}/metrics")).decode()
    exposed: dict[str, set[str]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            node = promql_tree.parse(line.rpartition(" ")[0])
            labels = {name for name, _, _ in promql_tree.matchers(node)} - {"__name__"}
            exposed.setdefault(promql_tree.metric_name(node), set()).update(labels)
    # What Prometheus itself adds to a scrape.
    scraped = {"job", "instance"}
    exposed |= {name: set() for name in ("up", "scrape_duration_seconds", "scrape_samples_scraped")}
    read = 0
    # What `backup` writes.
    exposed |= {naming.LAST_BACKUP_TIME: set()}
    exposed |= {rule.record: {"receiver_name"} for rule in plan.own.records}
    for alert in (*plan.own.alerts, *plan.own.records):
        for node in promql_tree.selectors(promql_tree.parse(alert.expr)):
            name = promql_tree.metric_name(node)
            assert name in exposed, f"{alert} reads {name}"
            labels = {label for label, _, _ in promql_tree.matchers(node)} - {"__name__"}
            assert labels <= exposed[name] | scraped, f"{alert} reads {labels} of {name}"
            read += 1
        for by in _grouped(alert.expr):
            names = {
                promql_tree.metric_name(one) for one in promql_tree.selectors(promql_tree.parse(alert.expr))
            }
            assert all(by <= exposed[name] | scraped for name in names), f"{alert} groups by {by}"
    assert read > 20


def _grouped(expr: str) -> Iterator[set[str]]:
    for part in expr.split(" by (")[1:]:
        yield {label.strip() for label in part.split(")")[0].split(",")}


def test_none_of_them_fires_at_rest_but_the_watchdog(stack: Any) -> None:
    plan, server, _, _, _ = stack
    true = {alert.name for alert in plan.own.alerts if instant(server, alert.expr)}
    assert true == {naming.WATCHDOG}
    assert len(plan.own.alerts) == 19


def test_the_rules_that_run_are_those_of_the_spec_until_the_spec_changes(stack: Any, tmp_path: Path) -> None:
    plan, server, _, _, _ = stack
    assert loaded_rules(plan, server) == "current"
    (tmp_path / "spec.yml").write_text(SPEC.replace("99%", "98%"))
    assert loaded_rules(load_plan(tmp_path / "spec.yml"), server) == "outdated"
    assert loaded_rules(plan, "http://127.0.0.1:1") == "unknown"


def test_a_drill_that_a_receiver_took_is_recorded(stack: Any) -> None:
    plan, server, manager, beats, _ = stack
    (rule,) = plan.own.records
    known = f'alertmanager_notification_requests_total{{receiver_name="{naming.drill_receiver("audit")}"}} offset 5s'
    _wait(lambda: bool(instant(server, known)))
    assert instant(server, rule.record) == []
    drill = {"alertname": naming.DRILL_ALERT, naming.DRILL_LABEL: "audit", naming.DRILL_ID_LABEL: "1"}
    post_alerts(manager, [{"labels": drill}])
    _wait(lambda: bool(instant(server, rule.record)))
    (found,) = instant(server, rule.record)
    assert found.labels["receiver_name"] == naming.drill_receiver("audit")
    assert f"{naming.DRILL_ALERT} firing" in beats.at("/audit")


def test_the_watchdog_beats_at_each_group_interval_and_reaches_no_people(stack: Any) -> None:
    *_, beats, _ = stack
    _wait(lambda: len(beats.at("/dead_man")) >= 4)
    times = [at for at, path, _ in beats.got if path == "/dead_man"]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    # With every other beat left out they would be six seconds.
    assert max(gaps[1:4]) < 5
    assert set(beats.at("/dead_man")) == {"Watchdog firing"}
    assert not [what for what in beats.at("/audit") if what.startswith("Watchdog")]


def test_the_beats_end_with_prometheus_and_no_resolved_message_is_one_more(stack: Any) -> None:
    *_, manager, beats, running = stack
    running.kill()
    # Alertmanager keeps an alert for as long as its sender said: end it now.
    (alert,) = [
        one for one in get_json(f"{manager}/api/v2/alerts") if one["labels"]["alertname"] == naming.WATCHDOG
    ]
    _end(manager, alert["labels"])
    time.sleep(4)
    count = len(beats.at("/dead_man"))
    time.sleep(7)
    assert len(beats.at("/dead_man")) == count
    assert set(beats.at("/dead_man")) == {"Watchdog firing"}


def _end(manager: str, labels: dict[str, str]) -> None:
    body = json.dumps(
        [{"labels": labels, "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-01T00:01:00Z"}]
    )
    asked = Request(f"{manager}/api/v2/alerts", body.encode(), {"Content-Type": "application/json"})
    urlopen(asked).close()
