"""A spec with a receiver of every kind whose secrets lead to the sinks, and a real Alertmanager on its render."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import need_tool
from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from tests.unit.sinks.test_sinks_alertmanager import free_port, is_ready, until
from watchkeeper.cli import main
from watchkeeper.stack.state import State

KEY = "3f9Ac1e07b5d4826aE91c0f7d2b86354"
FEATURES = "utf8-strict-mode,receiver-name-in-metrics"
SPEC = """\
version: watchkeeper/v1
service: shop
team: web
targets: [shop:8000]
alerts:
  - {{preset: service_down, severity: critical}}
  - {{preset: error_ratio, above: 5%, severity: warning}}
notify:
  receivers:
    slack: {{webhook_file: secrets/slack, channel: "#alerts"}}
    pagerduty: {{routing_key_file: secrets/key, url: "http://{http}/pagerduty/v2/enqueue?receiver=pagerduty"}}
    email: {{to: ops@example.org, smarthost: "{smtp}", require_tls: false}}
    audit: {{type: webhook, url_file: secrets/audit}}
    teams: {{type: msteamsv2, webhook_file: secrets/teams}}
    opsgenie: {{api_key_file: secrets/opsgenie, api_url: "http://{http}/opsgenie/opsgenie/"}}
    telegram: {{bot_token_file: secrets/telegram, chat_id: -100123, api_url: "http://{http}/telegram/telegram"}}
  routes: {{critical: [pagerduty, slack, opsgenie], warning: [slack, email, audit, teams, telegram]}}
"""


@dataclass(frozen=True)
class DrillSite:
    """The folder, the sinks, and Alertmanager's address."""

    root: Path
    sinks: RunningSinks
    api: str

    @property
    def spec(self) -> Path:
        return self.root / "monitoring" / "SLO_DEFINITIONS.yml"

    @property
    def secrets(self) -> Path:
        return self.root / "monitoring" / "alertmanager" / "secrets"

    @property
    def state(self) -> State:
        return State(self.root / ".watchkeeper")

    @property
    def address(self) -> tuple[str, ...]:
        return (str(self.spec), "--alertmanager", self.api, "--state", str(self.state.folder))


@contextlib.contextmanager
def drill_site(folder: Path, *, features: str = FEATURES) -> Iterator[DrillSite]:
    """Run sinks and an Alertmanager that was started as the process file starts it."""
    binary = need_tool("alertmanager")
    with running_sinks(folder) as sinks:
        site = DrillSite(folder / "site", sinks, f"http://127.0.0.1:{free_port()}")
        site.secrets.mkdir(parents=True)
        site.spec.write_text(SPEC.format(http=sinks.http, smtp=sinks.smtp))
        (site.secrets / "slack").write_text(f"{sinks.url}/slack/a9Vq3LrT?receiver=slack\n")
        (site.secrets / "key").write_text(f"{KEY}\n")
        (site.secrets / "audit").write_text(f"{sinks.url}/webhook/audit?receiver=audit\n")
        (site.secrets / "teams").write_text(f"{sinks.url}/msteamsv2?receiver=teams\n")
        (site.secrets / "opsgenie").write_text("4f9d2c1e-7b3a-4c58-9e21-0a6b8d7f5c3e\n")
        (site.secrets / "telegram").write_text("8123456789:AAE7vQz9rT1Jk3-LmN5pXw2Yb8cD4fG6hJ0\n")
        assert main(["render", str(site.spec)]) == 0
        with running_alertmanager(site, binary, features):
            yield site


@contextlib.contextmanager
def running_alertmanager(site: DrillSite, binary: str, features: str) -> Iterator[None]:
    log = site.state.log("alertmanager")
    log.parent.mkdir(parents=True)
    address = site.api.removeprefix("http://")
    command = [
        binary,
        "--config.file=alertmanager.yml",
        f"--storage.path={site.root / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        f"--enable-feature={features}",
    ]
    folder = site.root / "monitoring" / "alertmanager"
    with (
        log.open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=dict(os.environ)) as process,
    ):
        try:
            until(lambda: process.poll() is not None or is_ready(address))
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            finally:
                process.kill()
