"""Notifications through a proxy: the real Alertmanager asks it for every receiver but those on this machine."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import need_tool
from tests.loading import load_plan
from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from tests.unit.sinks.test_sinks_alertmanager import post_alert, running_alertmanager, until
from watchkeeper.backends import alertmanager

pytestmark = pytest.mark.tools

FAR = "http://hooks.invalid/far"
SPEC = """\
version: watchkeeper/v1
service: shop
alerts:
  - {{preset: service_down, severity: critical}}
notify:
  receivers:
    far: {{type: webhook, url_file: secrets/far}}
    near: {{type: webhook, url_file: secrets/near}}
  routes: {{critical: [far, near]}}
  {proxy}
"""


@dataclass
class Proxy:
    """A proxy that answers for every host, and what it was asked: addresses, and credentials of the client."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    found = Proxy()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append(self.path)
            found.credentials.append(self.headers.get("Proxy-Authorization", ""))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.address = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


@contextlib.contextmanager
def notified(folder: Path, line: str) -> Iterator[tuple[RunningSinks, Path]]:
    """Post an alert to an Alertmanager with such a proxy; yield the sinks, which are `near`, and its log."""
    binary = need_tool("alertmanager")
    (folder / "spec.yml").write_text(SPEC.format(proxy=line), encoding="utf-8")
    home = folder / "monitoring" / "alertmanager"
    with running_sinks(folder) as sinks:
        files = alertmanager.render(load_plan(folder / "spec.yml"))
        secrets = {"far": FAR, "near": f"http://{sinks.http}/webhook/near"}
        files |= {f"monitoring/alertmanager/secrets/{name}": text for name, text in secrets.items()}
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text.replace("group_wait: 10s", "group_wait: 100ms"), encoding="utf-8")
        with running_alertmanager(
            home / "alertmanager.yml", binary, "--enable-feature=utf8-strict-mode"
        ) as api:
            post_alert(api)
            yield sinks, home / "alertmanager.log"


def test_a_proxy_serves_every_address_but_this_machine(tmp_path: Path, proxy: Proxy) -> None:
    with notified(tmp_path, f"proxy_url: http://{proxy.address}") as (sinks, _):
        until(lambda: bool(proxy.asked and sinks.client.deliveries()))
    assert set(proxy.asked) == {FAR}


def test_an_exception_is_not_asked_of_the_proxy(tmp_path: Path, proxy: Proxy) -> None:
    line = f"proxy_url: http://{proxy.address}\n  no_proxy: [.invalid]"
    with notified(tmp_path, line) as (sinks, log):
        until(lambda: bool(sinks.client.deliveries()))
        until(lambda: "no such host" in log.read_text() or "lookup hooks.invalid" in log.read_text())
    assert proxy.asked == []


def test_the_environment_names_a_proxy_and_its_password_is_in_no_log(
    tmp_path: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://someone:canary-7f3a@{proxy.address}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with notified(tmp_path, "proxy_from_environment: true") as (sinks, log):
        until(lambda: bool(proxy.asked and sinks.client.deliveries()))
    assert set(proxy.asked) == {FAR}
    assert base64.b64decode(proxy.credentials[0].removeprefix("Basic ")) == b"someone:canary-7f3a"
    assert "canary-7f3a" not in log.read_text()
