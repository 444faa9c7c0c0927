"""A real Prometheus scrapes services behind TLS, passwords and tokens, and says why it cannot reach the others."""

from __future__ import annotations

import base64
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from tests.certificates import LONG_AGO, Authority, Pair
from tests.conftest import need_tool
from tests.loading import load_plan
from tests.truth.server import free_port
from watchkeeper.cli import main
from watchkeeper.prometheus_api import instant
from watchkeeper.stack.configuration import prometheus_view
from watchkeeper.stack.folder_sync import sync_folder
from watchkeeper.stack.view.observed import Target, observe

_PATIENCE = 30
_SPEC = """\
version: watchkeeper/v1
stack: {scrape_interval: 1s, evaluation_interval: 1s}
services:
  - service: token
    targets: ["127.0.0.1:PORT0"]
    scrape: {bearer_token_file: secrets/token}
  - service: everything
    targets: ["127.0.0.1:PORT1"]
    scrape:
      scheme: https
      tls: {ca_file: secrets/ca.crt, cert_file: secrets/own.crt, key_file: FOLDER/own.key, server_name: shop.test}
      basic_auth: {username: prometheus, password_file: secrets/password}
  - service: wrong-token
    targets: ["127.0.0.1:PORT2"]
    scrape: {bearer_token_file: secrets/other}
  - service: expired
    targets: ["127.0.0.1:PORT3"]
    scrape: {scheme: https, tls: {ca_file: secrets/ca.crt}}
  - service: wrong-name
    targets: ["127.0.0.1:PORT4"]
    scrape: {scheme: https, tls: {ca_file: secrets/ca.crt, server_name: another.test}}
  - service: without-file
    targets: ["127.0.0.1:PORT5"]
    scrape: {bearer_token_file: secrets/missing}
  - service: without-authority
    targets: ["127.0.0.1:PORT6"]
    scrape: {scheme: https, tls: {ca_file: secrets/missing.crt}}
"""


class BasicAuth:
    """Asks for one user's password, as a proxy in front of a service would."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        expected = b"Basic " + base64.b64encode(b"prometheus:pass word")
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != expected:
            await PlainTextResponse("who are you?", 401)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def service(token: Path | None = None) -> Starlette:
    app = Starlette()
    instrument(app, registry=CollectorRegistry(), config=Settings(), metrics_guard=token)
    return app


@contextmanager
def serving(
    app: ASGIApp, port: int, pair: Pair | None = None, client_ca: Path | None = None
) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        port=port,
        log_level="error",
        ssl_certfile=pair.certificate if pair else None,
        ssl_keyfile=pair.key if pair else None,
        ssl_ca_certs=str(client_ca) if client_ca else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if client_ca else ssl.CERT_NONE,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join()


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + _PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@dataclass
class Scraping:
    """A running Prometheus, the secrets that it reads, and the file of the service's tokens."""

    server: str
    secrets: Path
    tokens: Path

    def target(self, name: str) -> Target:
        """Return a target that was scraped at least once."""

        def found() -> Target | None:
            targets = {each.service: each for each in observe(self.server).targets}
            target = targets.get(name)
            return None if target is None or target.health == "waiting" else target

        result: Target = until(found)
        return result


@pytest.fixture(scope="module")
def scraping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraping]:
    folder = tmp_path_factory.mktemp("scraping")
    authority = Authority(folder / "ca")
    tokens = folder / "tokens"
    tokens.write_text("first\n")
    ports = [free_port() for _ in range(7)]
    secrets = render(folder, ports, authority)
    shop, expired = authority.pair("shop", "shop.test"), authority.pair("old", "127.0.0.1", ends=LONG_AGO)
    with (
        serving(service(tokens), ports[0]),
        serving(BasicAuth(service()), ports[1], shop, authority.file),
        serving(service(tokens), ports[2]),
        serving(service(), ports[3], expired),
        serving(service(), ports[4], shop),
        serving(service(tokens), ports[5]),
        prometheus(folder) as server,
    ):
        yield Scraping(server, secrets, tokens)


def render(folder: Path, ports: list[int], authority: Authority) -> Path:
    """Render the spec, write what it names, and return the folder of Prometheus' secrets."""
    text = _SPEC.replace("FOLDER", str(folder / "ca"))
    for number, port in enumerate(ports):
        text = text.replace(f"PORT{number}", str(port))
    spec = folder / "monitoring/SLO_DEFINITIONS.yml"
    spec.parent.mkdir()
    spec.write_text(text)
    assert main(["render", str(spec)]) == 0
    secrets = folder / "monitoring/prometheus/secrets"
    own = authority.pair("own", "prometheus")
    (secrets / "ca.crt").write_bytes(authority.file.read_bytes())
    (secrets / "own.crt").write_bytes(own.certificate.read_bytes())
    (secrets / "password").write_text("pass word\r\n")
    (secrets / "token").write_text("\nfirst\n")
    (secrets / "other").write_text("second")
    sync_folder(folder / "view", prometheus_view(folder, load_plan(spec)))
    return secrets


@contextmanager
def prometheus(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [
        need_tool("prometheus"),
        f"--config.file={folder / 'view/prometheus.yml'}",
        "--scrape.discovery-reload-interval=1s",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_targets_behind_a_token_and_behind_tls_with_a_password_are_scraped(scraping: Scraping) -> None:
    until(lambda: answers(scraping.server))
    for name in ("token", "everything"):
        assert (scraping.target(name).health, scraping.target(name).error) == ("ok", "")


def answers(server: str) -> bool:
    try:
        return bool(observe(server).targets)
    except Exception:
        return False


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wrong-token", "401 Unauthorized"),
        ("expired", "certificate has expired"),
        ("wrong-name", "not another.test"),
        ("without-file", "no such file"),
    ],
)
def test_the_others_are_down_and_say_why(name: str, reason: str, scraping: Scraping) -> None:
    until(lambda: answers(scraping.server))
    target = scraping.target(name)
    assert target.health == "failing"
    assert reason in target.error
    assert instant(scraping.server, f'up{{service="{name}"}}')[0].value == 0


def test_a_missing_authority_costs_its_own_service_only(scraping: Scraping) -> None:
    until(lambda: answers(scraping.server))
    assert scraping.target("token").health == "ok"
    assert instant(scraping.server, 'absent(up{service="without-authority"} == 1)')


def test_a_token_is_rotated_without_a_failed_scrape(scraping: Scraping) -> None:
    until(lambda: answers(scraping.server))
    assert scraping.target("token").health == "ok"
    began = time.time()
    scraping.tokens.write_text("first\nthird\n")
    replace_text(scraping.secrets / "token", "third")
    wait_for_scrapes(scraping.server, began, 3)
    scraping.tokens.write_text("third\n")
    wait_for_scrapes(scraping.server, began, 6)
    failed = instant(
        scraping.server, f'min_over_time(up{{service="token"}}[{int(time.time() - began) + 1}s])'
    )
    assert failed[0].value == 1
    replace_text(scraping.secrets / "token", "first")
    until(lambda: scraping.target("token").health == "failing")


def replace_text(path: Path, text: str) -> None:
    fresh = path.with_name("fresh")
    fresh.write_text(text)
    fresh.replace(path)


def wait_for_scrapes(server: str, since: float, count: int) -> None:
    def scraped() -> bool:
        seconds = int(time.time() - since)
        found = instant(server, f'count_over_time(up{{service="token"}}[{seconds}s])') if seconds else []
        return bool(found) and found[0].value >= count

    until(scraped)
