"""The native stack behind passwords and TLS: strangers get nothing, and every command of its owner works."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.certificates import LONG_AGO, Authority, Pair
from tests.conftest import need_tool
from tests.integration.test_native_stack import REPOSITORY
from watchkeeper.alertmanager_api import given_alerts
from watchkeeper.model.stack import Ports
from watchkeeper.prometheus_api import instant
from watchkeeper.stack import record
from watchkeeper.stack.native.native_stack import TOOLS
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.state import State

pytestmark = pytest.mark.integration

# Prometheus repeats an alert only after a minute, if it fired before Alertmanager was found.
_PATIENCE = 90
_NAME = "monitoring.test"
_SPEC = """\
version: watchkeeper/v1
team: web
services:
  - {service: shop, targets: ["127.0.0.1:1"], alerts: [{preset: service_down, severity: critical}]}
  - {service: cart, targets: ["127.0.0.1:DEMO"], alerts: [{preset: service_down, for: 2s, severity: critical}]}
notify:
  receivers: {audit: {type: webhook, url_file: secrets/audit}}
  routes:
    critical: {receivers: [audit], group_wait: 1s, group_interval: 10s}
    warning: [audit]
    info: [audit]
stack:
  demo: cart
  scrape_interval: 1s
  evaluation_interval: 1s
  access: {tls: {server_name: monitoring.test}}
"""


@dataclass(frozen=True)
class Owned:
    """A running stack with users: its folder, its ports and the authority of its certificate."""

    root: Path
    ports: Ports
    authority: Authority

    @property
    def access(self) -> Path:
        return self.root / "monitoring/prometheus/access"

    def run(self, *command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "WATCHKEEPER_STATE"}
        return subprocess.run(
            [sys.executable, "-m", "watchkeeper", *command],
            cwd=self.root,
            env={**environment, "NO_COLOR": "1"},
            input=typed,
            capture_output=True,
            text=True,
        )

    def use(self, pair: Pair) -> None:
        """Put a certificate and its key in the place of the present ones."""
        for name, file in (("tls.crt", pair.certificate), ("tls.key", pair.key)):
            fresh = self.access / "fresh"
            fresh.write_bytes(file.read_bytes())
            fresh.replace(self.access / name)

    def ask(self, port: int, path: str, login: str = "", *, method: str = "GET") -> tuple[int, bytes]:
        """Return status and body of an answer to `name:password`, over TLS."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
        given = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
        try:
            connection.request(method, path, headers=given)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def server(self) -> str:
        """Return Prometheus' address, and let this process log in as the commands do."""
        found = record.load(State((self.root / ".watchkeeper").resolve()))
        assert found is not None
        return found.endpoints.prometheus

    def serial(self, port: int) -> str:
        """Return the serial number of the certificate that a port serves now."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        with (
            socket.create_connection(("127.0.0.1", port)) as raw,
            context.wrap_socket(raw, server_hostname=_NAME) as tls,
        ):
            found: Any = tls.getpeercert()
        return str(found["serialNumber"])


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owned]:
    for name in TOOLS:
        need_tool(name)
    root, ports = tmp_path_factory.mktemp("owned"), free_ports()
    stack = Owned(root, ports, Authority(root / "ca"))
    stack.access.mkdir(parents=True)
    stack.use(stack.authority.pair("first", _NAME))
    (stack.access / "ca.crt").write_bytes(stack.authority.file.read_bytes())
    (root / "examples").symlink_to(REPOSITORY / "examples")
    listed = "".join(f"    {name}: {port}\n" for name, port in asdict(ports).items())
    (root / "monitoring/SLO_DEFINITIONS.yml").write_text(
        f"{_SPEC.replace('DEMO', str(ports.demo))}  ports:\n{listed}"
    )
    assert stack.run("access", "add", "alice", "--password-file", "-", typed="wonderland\n").returncode == 0
    up = stack.run("up", "--mode", "native")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield stack
    finally:
        stack.run("down")


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + _PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


_PATHS = [
    ("prometheus", "/api/v1/query?query=up"),
    ("prometheus", "/metrics"),
    ("prometheus", "/-/ready"),
    ("alertmanager", "/api/v2/alerts"),
    ("alertmanager", "/api/v2/silences"),
    ("alertmanager", "/metrics"),
    ("jaeger", "/api/services"),
    ("jaeger", "/"),
    ("front_page", "/"),
    ("front_page", "/runbooks/"),
]


@pytest.mark.parametrize(("part", "path"), _PATHS)
@pytest.mark.parametrize("login", ["", "alice:wrong", "alice:", "nobody:wonderland", "watchkeeper:"])
def test_strangers_get_401_and_nothing_else(part: str, path: str, login: str, owned: Owned) -> None:
    status, body = owned.ask(getattr(owned.ports, part), path, login)
    assert status == 401
    assert len(body) < 100


@pytest.mark.parametrize(("part", "path"), _PATHS)
def test_a_user_is_let_in(part: str, path: str, owned: Owned) -> None:
    assert owned.ask(getattr(owned.ports, part), path, "alice:wonderland")[0] == 200


def test_a_stranger_cannot_silence_anything(owned: Owned) -> None:
    assert owned.ask(owned.ports.alertmanager, "/api/v2/silences", method="POST")[0] == 401
    assert owned.ask(owned.ports.alertmanager, "/api/v2/alerts", method="POST")[0] == 401


@pytest.mark.parametrize("part", ["prometheus", "alertmanager", "jaeger"])
def test_without_tls_nothing_is_answered(part: str, owned: Owned) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", getattr(owned.ports, part), timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().status == 400
    connection.close()


def test_the_commands_of_the_owner_work(owned: Owned) -> None:
    status = json.loads(owned.run("status", "--format", "json").stdout)
    targets = {one["job"]: one["health"] for one in status["targets"]}
    assert targets.pop("shop") == "failing"
    assert set(targets.values()) == {"ok"}
    added = owned.run(
        "silence", "add", "ServiceDown", "service=shop", "--duration", "1h", "--comment", "test"
    )
    assert added.returncode == 0, added.stderr
    assert "ServiceDown" in owned.run("silence", "list").stdout
    sent = owned.run("secrets", "check", "--send-test")
    assert "accepted  audit" in sent.stdout, sent.stdout + sent.stderr


def test_a_drill_passes_behind_passwords(owned: Owned) -> None:
    drill = owned.run("drill", "--alert", "ServiceDown", "--format", "json")
    assert drill.returncode == 0, drill.stdout + drill.stderr
    assert json.loads(drill.stdout)["passed"] is True


def test_the_files_of_a_stack_with_access_are_verified(owned: Owned, tmp_path: Path) -> None:
    spec = (owned.root / "monitoring/SLO_DEFINITIONS.yml").read_text()
    # The usual intervals: with seconds, the proofs have 15 times the samples. Those of the stack's own alerts are long.
    usual = spec.replace(
        "  scrape_interval: 1s\n  evaluation_interval: 1s\n", "  self_monitoring: {enabled: false}\n"
    )
    assert usual != spec
    (tmp_path / "monitoring").mkdir()
    (tmp_path / "monitoring/SLO_DEFINITIONS.yml").write_text(usual)
    elsewhere = replace(owned, root=tmp_path)
    assert elsewhere.run("render").returncode == 0
    verify = elsewhere.run("verify")
    assert verify.returncode == 0, verify.stdout + verify.stderr


def _replaced(word: str, own: dict[str, str]) -> str:
    for theirs, ours in own.items():
        word = word.replace(theirs, ours)
    return word


def test_the_health_checks_of_the_containers_have_access(owned: Owned, tmp_path: Path) -> None:
    compose = yaml.safe_load((owned.root / "docker-compose.monitoring.yml").read_text())["services"]
    for name, tool, port in (("prometheus", "promtool", "9090"), ("alertmanager", "amtool", "9093")):
        command = [need_tool(tool), *compose[name]["healthcheck"]["test"][2:]]
        client = tmp_path / "client.yml"
        text = (owned.access / "client.yml").read_text()
        client.write_text(text.replace("/etc/watchkeeper/access", str(owned.access)))
        own = {"/etc/watchkeeper/access/client.yml": str(client), port: str(getattr(owned.ports, name))}
        here = [_replaced(word, own) for word in command]
        done = subprocess.run(here, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        without = [word for word in here if "http.config" not in word]
        assert subprocess.run(without, capture_output=True).returncode != 0


def test_prometheus_reaches_alertmanager_and_jaeger_reaches_prometheus(owned: Owned) -> None:
    owned.server()
    alertmanager = f"https://127.0.0.1:{owned.ports.alertmanager}"
    assert until(lambda: given_alerts(alertmanager))
    path = "/api/metrics/calls?service=shop&spanKind=server"
    assert owned.ask(owned.ports.jaeger, path, "alice:wonderland")[0] == 200


def test_the_front_page_reads_the_guarded_servers(owned: Owned) -> None:
    def shown() -> bool:
        page = owned.ask(owned.ports.front_page, "/", "alice:wonderland")[1].decode()
        return "ServiceDown" in page and "does not answer (" not in page

    assert until(shown)


def test_passwords_and_the_certificate_change_without_a_failed_scrape(owned: Owned) -> None:
    server, began, before = owned.server(), time.time(), owned.serial(owned.ports.prometheus)
    owned.use(owned.authority.pair("second", _NAME))
    assert owned.run("access", "rotate").returncode == 0
    assert owned.run("access", "remove", "alice").returncode == 0
    assert owned.ask(owned.ports.prometheus, "/-/ready", "alice:wonderland")[0] == 401
    assert owned.serial(owned.ports.prometheus) != before
    assert owned.serial(owned.ports.alertmanager) == owned.serial(owned.ports.prometheus)
    until(lambda: time.time() - began > 6)
    own = 'up{job=~"prometheus|alertmanager"}'
    failed = instant(server, f"min(min_over_time({own}[{int(time.time() - began)}s]))")
    scraped = instant(server, f"min(count_over_time({own}[{int(time.time() - began)}s]))")
    assert (failed[0].value, scraped[0].value >= 4) == (1, True)
    assert owned.run("access", "add", "alice", "--password-file", "-", typed="wonderland").returncode == 0
    again = owned.run("up", "--mode", "native")
    # Both read the certificate or the users when they start.
    assert "restarted front-page, restarted jaeger" in again.stdout, again.stdout + again.stderr
    assert owned.serial(owned.ports.front_page) == owned.serial(owned.ports.prometheus)
    test_prometheus_reaches_alertmanager_and_jaeger_reaches_prometheus(owned)


def test_an_expired_certificate_is_refused_before_anything_changes(owned: Owned) -> None:
    good = owned.authority.pair("third", _NAME)
    try:
        owned.use(owned.authority.pair("old", _NAME, ends=LONG_AGO))
        refused = owned.run("up", "--mode", "native")
        assert refused.returncode == 2
        assert "access/tls.crt expired on 2020-01-31; write a new certificate" in refused.stderr
    finally:
        owned.use(good)


def test_no_secret_is_in_a_rendered_file_a_log_or_the_record(owned: Owned) -> None:
    password = (owned.access / "password").read_text().strip()
    for path in owned.root.rglob("*"):
        if path.is_file() and owned.access not in path.parents and not {"data", "bin"} & set(path.parts):
            content = path.read_bytes()
            assert password.encode() not in content, path
            assert b"wonderland" not in content, path
            assert b"$2b$" not in content, path
    assert (owned.access / ".gitignore").read_text().splitlines()[-3:] == ["*", "!.gitignore", "!/client.yml"]
    written = [owned.access / name for name in ("password", "users", "web.yml")]
    assert {oct(path.stat().st_mode & 0o777) for path in written} == {"0o640"}
