"""A real Alertmanager posts to the sinks, firing and resolved, on every channel."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.conftest import need_tool
from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from watchkeeper.sinks.delivery import CHANNELS, Channel, Delivery, Status

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
SLACK_SECRET = "T00000000/B00000000/s3cr3tpath"
LABELS = {"alertname": "HighErrorRate", "service": "helloagents", "severity": "critical"}

CONFIG = """
route: {{receiver: all, group_by: [{group_by}], group_wait: 0s, group_interval: 200ms, repeat_interval: 1h}}
receivers:
  - name: all
    slack_configs:
      - {{api_url_file: {folder}/slack, send_resolved: true{slack}}}
    pagerduty_configs:
      - url: http://{http}/pagerduty/v2/enqueue
        routing_key_file: {folder}/pagerduty
        severity: '{{{{ .CommonLabels.severity }}}}'
        send_resolved: true
    email_configs:
      - {{to: ops@example.org, from: am@example.org, smarthost: '{smtp}', hello: localhost,
         require_tls: false, send_resolved: true}}
    webhook_configs:
      - {{url: 'http://{http}/webhook/deadman', send_resolved: true}}
    msteamsv2_configs:
      - {{webhook_url: 'http://{http}/msteamsv2', send_resolved: true}}
    opsgenie_configs:
      - {{api_url: 'http://{http}/opsgenie/all/', api_key: key, source: '{{{{ .CommonLabels }}}}', send_resolved: true}}
    telegram_configs:
      - {{api_url: 'http://{http}/telegram/all', bot_token: '1:a', chat_id: -5, send_resolved: true}}
"""


@pytest.fixture(scope="module")
def binary() -> str:
    return need_tool("alertmanager")


@pytest.mark.tools
@pytest.mark.parametrize("group_by", ["alertname, service", "service"])
def test_an_alert_arrives_firing_and_resolved_on_every_channel(
    tmp_path: Path, binary: str, group_by: str
) -> None:
    with running_sinks(tmp_path) as sinks, alertmanager(tmp_path, binary, sinks, group_by=group_by) as api:
        post_alert(api)
        firing = [wait(sinks, channel, status="firing") for channel in CHANNELS]
        post_alert(api, ended=True)
        resolved = [wait(sinks, channel, status="resolved") for channel in CHANNELS]
        everything = sinks.client.deliveries()
    expected = (("HighErrorRate",), "critical", "helloagents")
    assert [expected] * 2 * len(CHANNELS) == [
        (item.alerts, item.severity, item.service) for item in firing + resolved
    ]
    assert len(everything) == 2 * len(CHANNELS)
    keys = {item.raw["dedup_key"] for item in everything if item.channel == "pagerduty"}
    assert len(keys) == 1
    journal = sinks.journal.read_text()
    assert (len(journal.splitlines()), ROUTING_KEY in journal, "s3cr3tpath" in journal) == (
        len(everything),
        False,
        False,
    )


@pytest.mark.tools
def test_titles_in_our_form_are_understood_without_any_label_in_the_message(
    tmp_path: Path, binary: str
) -> None:
    title = (
        ", title: '[{{ .Status | toUpper }}:{{ len .Alerts }}] {{ .CommonLabels.alertname }} "
        "{{ .CommonLabels.service }}', color: '#b00020'"
    )
    with running_sinks(tmp_path) as sinks, alertmanager(tmp_path, binary, sinks, slack=title) as api:
        post_alert(api)
        found = wait(sinks, "slack", status="firing")
    assert (
        found.summary,
        found.alerts,
        found.service,
    ) == ("[FIRING:1] HighErrorRate helloagents", ("HighErrorRate",), "helloagents")


@pytest.mark.tools
def test_alertmanager_delivers_once_after_a_sink_in_trouble_is_well_again(
    tmp_path: Path, binary: str
) -> None:
    with running_sinks(tmp_path) as sinks, alertmanager(tmp_path, binary, sinks) as api:
        sinks.client.set_mode({"slack": "500"})
        post_alert(api)
        wait(sinks, "pagerduty", status="firing")
        until(lambda: refused(sinks) >= 1)
        assert sinks.client.deliveries(channel="slack") == []
        sinks.client.set_mode({"slack": "ok"})
        wait(sinks, "slack", status="firing")
        assert len(sinks.client.deliveries(channel="slack")) == 1


def refused(sinks: RunningSinks) -> int:
    counts = sinks.client.health()["refused"]
    assert isinstance(counts, dict)
    return int(counts["slack"])


def wait(sinks: RunningSinks, channel: Channel, *, status: Status) -> Delivery:
    return sinks.client.wait_for(lambda item: (item.channel, item.status) == (channel, status), timeout=30)


@contextlib.contextmanager
def alertmanager(
    folder: Path, binary: str, sinks: RunningSinks, *, group_by: str = "alertname", slack: str = ""
) -> Iterator[str]:
    (folder / "slack").write_text(f"{sinks.url}/slack/{SLACK_SECRET}\n")
    (folder / "pagerduty").write_text(f"{ROUTING_KEY}\n")
    config = CONFIG.format(folder=folder, http=sinks.http, smtp=sinks.smtp, group_by=group_by, slack=slack)
    (folder / "alertmanager.yml").write_text(config)
    with running_alertmanager(folder / "alertmanager.yml", binary) as api:
        yield api


@contextlib.contextmanager
def running_alertmanager(config: Path, binary: str, *options: str) -> Iterator[str]:
    """Run Alertmanager in the folder of its configuration, to which the paths of secrets are relative."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        binary,
        f"--config.file={config}",
        f"--storage.path={config.parent / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        *options,
    ]
    log = config.parent / "alertmanager.log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=output, cwd=config.parent) as process,
    ):
        try:
            until(lambda: process.poll() is not None or is_ready(address))
            assert process.poll() is None, log.read_text()
            yield f"http://{address}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            finally:
                process.kill()


def post_alert(api: str, *, ended: bool = False) -> None:
    alert: dict[str, object] = {
        "labels": LABELS,
        "annotations": {"summary": "7 % of requests fail – über Ziel"},
    }
    if ended:
        alert["endsAt"] = datetime.now(timezone.utc).isoformat()
    request = urllib.request.Request(
        f"{api}/api/v2/alerts",
        data=json.dumps([alert]).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def until(condition: object, *, seconds: float = 30) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
