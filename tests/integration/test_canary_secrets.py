"""A full run with planted secrets: they reach their receivers, and are written, logged and shown nowhere."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.conftest import need_tool
from watchkeeper.local_http import get, request
from watchkeeper.sinks.sink_client import SinkClient
from watchkeeper.stack.native.native_stack import TOOLS
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.processes import end_processes, marked
from watchkeeper.stack.state import State

REPOSITORY = Path(__file__).parents[2]
# Capitals, so that no sink takes one for a plain name that it may keep.
CANARIES = {name: f"CANARY{name}k7Q2x9Vb4TzR1mW8" for name in ("Slack", "Webhook", "Mail", "Grafana")}
CANARIES["Pager"] = "CANARYPagerk7Q2x9Vb4TzR1mW8aabbc"
CANARIES["Chat"] = "8123456789:CANARYChatQz9rT1Jk3LmN5pXw2Yb8cD4fG"
ANY = re.compile(rb"CANARY(?:Slack|Webhook|Mail|Grafana|Pager|Chat)")


class _Mailbox:
    """A mail server that asks for a password, remembers it, and refuses it."""

    def __init__(self, port: int) -> None:
        self.passwords: set[bytes] = set()
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=port,
            auth_require_tls=False,
            auth_exclude_mechanism=["LOGIN"],  # its prompts are none that Alertmanager knows
            authenticator=self._authenticate,  # type: ignore[arg-type]
        )

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.passwords.add(data.password)
        return AuthResult(success=False, handled=False)

    @contextlib.contextmanager
    def open(self) -> Iterator[_Mailbox]:
        self._controller.start()
        try:
            yield self
        finally:
            self._controller.stop()


class _Site:
    """A folder with a spec, canaries in every secret file, and everything that its commands said."""

    def __init__(self, root: Path, mail_port: int) -> None:
        self.root = root
        self.ports = free_ports()
        self.spoken = b""
        sinks = f"http://127.0.0.1:{self.ports.sinks}"
        spec = (REPOSITORY / "monitoring/SLO_DEFINITIONS.yml").read_text(encoding="utf-8")
        spec = spec.replace(
            "{routing_key_file: secrets/pagerduty_key}",
            f"{{routing_key_file: secrets/pagerduty_key, url: '{sinks}/pagerduty/v2/enqueue?receiver=pagerduty'}}\n"
            "    audit: {type: webhook, url_file: secrets/audit}\n"
            "    broken: {type: webhook, url_file: secrets/broken}\n"
            "    telegram: {bot_token_file: secrets/bot, chat_id: 7, api_url: 'http://127.0.0.1:1'}\n",
        )
        spec = spec.replace("smtp.example.com:587", f"127.0.0.1:{mail_port}\n      require_tls: false")
        spec = spec.replace("[pagerduty, slack]", "[pagerduty, slack, email, audit, broken, telegram]")
        ports = "".join(f"    {name}: {port}\n" for name, port in asdict(self.ports).items())
        path = root / "monitoring/SLO_DEFINITIONS.yml"
        path.parent.mkdir(parents=True)
        path.write_text(
            f"{spec.rstrip()}\n  ports:\n{ports}",
            encoding="utf-8",
        )
        (root / "examples").symlink_to(REPOSITORY / "examples")
        (root / "tmp").mkdir()
        secrets = root / "monitoring/alertmanager/secrets"
        self.secrets = {
            secrets / "slack_webhook": f"{sinks}/slack/{CANARIES['Slack']}?receiver=slack",
            secrets / "pagerduty_key": CANARIES["Pager"],
            secrets / "smtp_password": CANARIES["Mail"],
            secrets / "audit": f"{sinks}/webhook/{CANARIES['Webhook']}",
            # Nobody listens there, so Alertmanager logs why it fails.
            secrets / "bot": CANARIES["Chat"],
            secrets / "broken": f"http://127.0.0.1:1/{CANARIES['Webhook']}",
            root / "monitoring/grafana/secrets/admin_password": CANARIES["Grafana"],
        }
        for file, content in self.secrets.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{content}\n")

    @property
    def state(self) -> State:
        return State((self.root / ".watchkeeper").resolve())

    def run(self, *command: str) -> int:
        environment = {name: value for name, value in os.environ.items() if name != "WATCHKEEPER_STATE"}
        done = subprocess.run(
            [sys.executable, "-m", "watchkeeper", *command],
            cwd=self.root,
            env={**environment, "NO_COLOR": "1", "TMPDIR": str(self.root / "tmp")},
            capture_output=True,
        )
        self.spoken += done.stdout + done.stderr
        return done.returncode

    def files_with_canaries(self) -> set[Path]:
        """Return the files below the root that contain a canary; a link counts as the file it leads to."""
        found = (path for path in self.root.rglob("*") if path.is_file() and "examples" not in path.parts)
        return {path.resolve() for path in found if ANY.search(path.read_bytes())}

    def processes_with_canaries(self) -> list[str]:
        pids = [each.pid for each in marked(self.state)]
        assert len(pids) >= 6
        return [
            f"{pid}/{name}"
            for pid in pids
            for name in ("cmdline", "environ")
            if ANY.search(Path(f"/proc/{pid}/{name}").read_bytes())
        ]


@pytest.fixture
def short() -> Iterator[Path]:
    """Give a folder with a short name: the stack's socket is below the folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="wk-") as name:
        yield Path(name).resolve()


def _until(condition: Any, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _post_alerts(alertmanager: str) -> None:
    labels = {"alertname": "ServiceDown", "service": "helloagents", "severity": "critical"}
    alerts = [{"labels": labels, "annotations": {"summary": "posted by a test"}}]
    assert request(f"{alertmanager}/api/v2/alerts", method="POST", document=alerts).is_success


@pytest.mark.integration
def test_planted_secrets_reach_their_receivers_and_nothing_else(short: Path) -> None:
    for tool in TOOLS:
        need_tool(tool)
    mail_port = free_ports().smtp
    site = _Site(short / "site", mail_port)
    try:
        with _Mailbox(mail_port).open() as mailbox:
            _full_run(site, mailbox)
    finally:
        site.run("down")
        end_processes(site.state, term_seconds=0)
    _check_files(site)
    assert ANY.findall(site.spoken) == []


def _check_files(site: _Site) -> None:
    """Only secret files contain secrets, except for the log of an Alertmanager that redacts no Telegram tokens."""
    found = site.files_with_canaries()
    log = site.state.log("alertmanager").resolve()
    if log in found:
        assert set(ANY.findall(log.read_bytes())) == {b"CANARYChat"}
    assert found - {log} == site.secrets.keys()


def _full_run(site: _Site, mailbox: _Mailbox) -> None:
    assert site.run("render") == 0
    assert site.run("secrets", "check", "--mode", "native") == 0
    assert site.run("verify") == 0
    assert site.run("up", "--mode", "native") == 0, site.spoken[-3000:].decode()
    at = f"http://127.0.0.1:{site.ports.alertmanager}"
    _post_alerts(at)
    sinks = SinkClient(f"http://127.0.0.1:{site.ports.sinks}")
    channels = {"slack", "pagerduty", "webhook"}
    _until(lambda: channels <= {one.channel for one in sinks.deliveries()})
    # The secrets were used: without them this test would prove nothing.
    _until(lambda: mailbox.passwords == {CANARIES["Mail"].encode()})
    log = site.state.log("alertmanager")
    _until(
        lambda: all(
            f"receiver=critical integration={kind}" in log.read_text()
            for kind in ("email", "webhook", "telegram")
        )
    )
    for command in (("status",), ("status", "--json"), ("logs", "-n", "500"), ("explain",), ("check",)):
        site.run(*command)
    assert site.run("drill", "--alert", "ServiceDown", "--fast") == 0
    # Three of the six receivers fail, and Alertmanager's words about them are shown.
    assert site.run("drill", "--receivers") == 1
    assert b"proven: 3 of 6 receivers" in site.spoken
    assert b"connection refused" in site.spoken
    assert site.run("secrets", "check", "--send-test") == 1
    assert site.run("status", "--once") == 0
    for name, word in (
        ("slack", "proven"),
        ("pagerduty", "proven"),
        ("email", "unproven"),
        ("broken", "unproven"),
    ):
        assert re.search(rf"^{name} +{word} ".encode(), site.spoken, re.MULTILINE), name
    assert site.processes_with_canaries() == []
    for path in ("/api/v2/status", "/api/v2/alerts", "/api/v2/receivers", "/metrics"):
        assert ANY.findall(get(f"{at}{path}")) == [], path
    prometheus = f"http://127.0.0.1:{site.ports.prometheus}"
    for path in ("/api/v1/status/config", "/api/v1/status/flags", "/api/v1/alerts", "/metrics"):
        assert ANY.findall(get(f"{prometheus}{path}")) == [], path
    assert ANY.findall(get(f"http://127.0.0.1:{site.ports.sinks}/deliveries")) == []
    _check_files(site)
