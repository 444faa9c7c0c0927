"""Two Prometheus and two Alertmanagers notify once: one page and one resolve, though one of each is killed in between."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import need_tool
from tests.loading import load_spec
from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from tests.unit.sinks.test_sinks_alertmanager import free_port
from watchkeeper import naming
from watchkeeper.local_http import NoAnswer, get_json
from watchkeeper.pipeline import plan_of, render_files
from watchkeeper.prometheus_api import instant
from watchkeeper.stack.redirect import Sinks, redirect_all

pytestmark = [pytest.mark.integration, pytest.mark.tools]

# Until its first scrape a Prometheus believes that the service is down. If that fired, it would send the end of that
# alert again a minute later, and Alertmanager would take it for the end of the outage: hence 8 s.
SPEC = """\
version: watchkeeper/v1
service: shop
targets: ["127.0.0.1:1"]
alerts:
  - {preset: service_down, for: 8s, severity: critical}
notify:
  receivers: {pager: {type: pagerduty, routing_key_file: secrets/key}}
  routes: {critical: [pager]}
stack: {scrape_interval: 1s, evaluation_interval: 1s, self_monitoring: {enabled: false}}
"""
PATIENCE = 30
# The second Alertmanager waits for so long before it would notify too.
PEER_TIMEOUT = 1.5
# Several group intervals and waits for a peer: what was not sent by then will not be.
QUIET = 2 * PEER_TIMEOUT + 1


class Shop:
    """A service that answers its scrapes, or fails all of them."""

    def __init__(self) -> None:
        self.is_broken = False
        shop = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(503 if shop.is_broken else 200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@dataclass(frozen=True)
class Server:
    """A server and its process."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def name(self) -> str:
        """Return an Alertmanager's name within its cluster."""
        return str(get_json(f"{self.url}/api/v2/status")["cluster"]["name"])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Pairs:
    """Two of each, the service that they watch, and what they sent."""

    prometheus: tuple[Server, Server]
    alertmanagers: tuple[Server, Server]
    shop: Shop
    sinks: RunningSinks

    def sent(self) -> list[str]:
        return [one.status for one in self.sinks.client.deliveries()]


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[Pairs]:
    shop = Shop()
    with ExitStack() as running, running_sinks(tmp_path) as sinks:
        running.callback(shop.server.shutdown)
        managers, cluster = (free_port(), free_port()), (free_port(), free_port())
        _configure(tmp_path, sinks, shop)
        alertmanagers = [
            running.enter_context(_alertmanager(tmp_path, port, own, other))
            for port, own, other in zip(managers, cluster, reversed(cluster), strict=True)
        ]
        prometheus = [running.enter_context(_prometheus(tmp_path, free_port())) for _ in range(2)]
        found = Pairs((prometheus[0], prometheus[1]), (alertmanagers[0], alertmanagers[1]), shop, sinks)
        _wait(lambda: all(_is_joined(one) for one in alertmanagers))
        _wait(lambda: all(instant(one.url, 'up{job="shop"} == 1') for one in prometheus))
        _wait(lambda: not any(instant(one.url, "ALERTS") for one in prometheus))
        # None may notify before its first scrape.
        (tmp_path / naming.PROMETHEUS / "targets" / "alertmanagers.json").write_text(_targets(*managers))
        _wait(lambda: all(_alertmanagers_of(one) == 2 for one in prometheus))
        yield found


def _configure(folder: Path, sinks: RunningSinks, shop: Shop) -> None:
    """Write the rendered files of the spec, with short times and without an Alertmanager."""
    (folder / "spec.yml").write_text(SPEC)
    spec, _ = load_spec(folder / "spec.yml")
    local = redirect_all(spec.notify, Sinks(http=sinks.http, smtp=sinks.smtp))
    files = render_files(plan_of(replace(spec, notify=local.notify), folder / "spec.yml"))
    files |= {f"{naming.ALERTMANAGER}/{path}": text for path, text in local.files}
    targets = f"{naming.PROMETHEUS}/targets"
    files[f"{targets}/services/shop.json"] = _targets(shop.server.server_port)
    files[f"{targets}/alertmanagers.json"] = _targets()
    for path, text in files.items():
        quick = text.replace("group_wait: 10s", "group_wait: 500ms").replace(
            "interval: 1m\n", "interval: 1s\n"
        )
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(quick)


def _targets(*ports: int) -> str:
    return json.dumps([{"targets": [f"127.0.0.1:{port}" for port in ports]}])


@contextmanager
def _running(folder: Path, port: int, *command: str) -> Iterator[Server]:
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield Server(f"http://127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.wait()


def _prometheus(folder: Path, port: int) -> AbstractContextManager[Server]:
    return _running(
        folder / naming.PROMETHEUS,
        port,
        need_tool("prometheus"),
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={folder / str(port)}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        "--scrape.discovery-reload-interval=1s",
    )


def _alertmanager(folder: Path, port: int, own: int, other: int) -> AbstractContextManager[Server]:
    return _running(
        folder / naming.ALERTMANAGER,
        port,
        need_tool("alertmanager"),
        "--config.file=alertmanager.yml",
        f"--storage.path={folder / str(port)}",
        "--enable-feature=utf8-strict-mode",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--cluster.listen-address=127.0.0.1:{own}",
        f"--cluster.advertise-address=127.0.0.1:{own}",
        f"--cluster.peer=127.0.0.1:{other}",
        f"--cluster.peer-timeout={int(PEER_TIMEOUT * 1000)}ms",
        "--cluster.gossip-interval=50ms",
        "--cluster.reconnect-interval=500ms",
    )


def _is_joined(one: Server) -> bool:
    found = get_json(f"{one.url}/api/v2/status")["cluster"]
    return found["status"] == "ready" and len(found["peers"]) == 2


def _alertmanagers_of(one: Server) -> int:
    return len(get_json(f"{one.url}/api/v1/alertmanagers")["data"]["activeAlertmanagers"])


def _wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if holds():
                return
        except NoAnswer:
            pass
        time.sleep(0.1)
    pytest.fail("it did not come true in time")


def test_one_outage_is_one_page_and_one_resolve_though_one_of_each_is_killed(pairs: Pairs) -> None:
    pairs.shop.is_broken = True
    _wait(lambda: bool(pairs.sent()))
    time.sleep(QUIET)
    assert pairs.sent() == ["firing"]
    # The first by name is the one that notifies; the other has to go on from what it was told.
    min(pairs.alertmanagers, key=lambda one: one.name).kill()
    pairs.prometheus[0].kill()
    time.sleep(QUIET)
    assert pairs.sent() == ["firing"]
    pairs.shop.is_broken = False
    _wait(lambda: len(pairs.sent()) > 1)
    time.sleep(QUIET)
    assert pairs.sent() == ["firing", "resolved"]
    assert len({one.raw["dedup_key"] for one in pairs.sinks.client.deliveries()}) == 1
