"""A receiver behind a gateway of its own: the real Alertmanager checks its certificate and shows its credentials."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.conftest import need_tool
from tests.loading import load_plan
from tests.unit.sinks.test_sinks_alertmanager import post_alert, running_alertmanager, until
from watchkeeper.backends import alertmanager

pytestmark = pytest.mark.tools

TOKEN = "canary-91c2e7"
SPEC = """\
version: watchkeeper/v1
service: shop
alerts: [{{preset: service_down, severity: critical}}]
notify:
  receivers:
    near: {{type: webhook, url_file: secrets/near, http: {{tls: {{ca_file: secrets/ca.crt}}, {near}}}}}
    other: {{type: webhook, url_file: secrets/other, http: {{{other}}}}}
  routes: {{critical: [near, other]}}
  proxy_url: http://127.0.0.1:9
"""


@dataclass
class Gateway:
    """A server by https that wants credentials, and redirects; what it was asked, with the credentials."""

    authority: Authority
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    found = Gateway(Authority(tmp_path_factory.mktemp("ca")))
    pair = found.authority.pair("gateway", "localhost")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(307 if self.path == "/moved" else 200)
            if self.path == "/moved":
                self.send_header("Location", "/new")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def test_each_receiver_has_its_certificates_credentials_and_redirects(
    tmp_path: Path, gateway: Gateway
) -> None:
    binary = need_tool("alertmanager")
    near = "bearer_token_file: secrets/token, follow_redirects: false"
    other = "basic_auth: {username: ann, password_file: secrets/token}, tls: {ca_file: secrets/ca.crt}"
    (tmp_path / "spec.yml").write_text(SPEC.format(near=near, other=other), encoding="utf-8")
    at = f"https://localhost:{gateway.port}"
    secrets = {"near": f"{at}/moved", "other": f"{at}/first", "token": f"{TOKEN}\n"}
    secrets["ca.crt"] = gateway.authority.file.read_text()
    files = alertmanager.render(load_plan(tmp_path / "spec.yml"))
    assert not any(TOKEN in text for text in files.values())
    files |= {f"monitoring/alertmanager/secrets/{name}": text for name, text in secrets.items()}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text.replace("group_wait: 10s", "group_wait: 100ms"), encoding="utf-8")
    config = tmp_path / "monitoring" / "alertmanager" / "alertmanager.yml"
    with running_alertmanager(config, binary, "--enable-feature=utf8-strict-mode") as api:
        post_alert(api)
        until(lambda: {path for path, _ in gateway.asked} >= {"/moved", "/first"})
        log = config.with_name("alertmanager.log")
        until(lambda: "unexpected status code 307" in log.read_text())
    basic = base64.b64encode(f"ann:{TOKEN}".encode()).decode()
    assert set(gateway.asked) == {("/moved", f"Bearer {TOKEN}"), ("/first", f"Basic {basic}")}
    assert TOKEN not in log.read_text()
