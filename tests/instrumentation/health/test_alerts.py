"""Alerts fire, wait, repeat and resolve; a broken condition or handler stops nothing."""

from __future__ import annotations

import io
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from backend_instrumentation.health import (
    Alert,
    AlertLevel,
    AlertManager,
    AlertmanagerHandler,
    AlertRule,
    ConsoleHandler,
    EmailHandler,
    MonitoringConfig,
    WebhookHandler,
    anomaly_rule,
    threshold_rules,
)
from backend_instrumentation.health.alerts.alert_handlers import DeliveryError

from .health_support import free_port, needed_tool, until


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


HOT = AlertRule("Hot", lambda metrics: metrics["heat"] > 80, AlertLevel.WARNING, "too hot", cooldown=300)


def states(alerts: list[Alert]) -> list[tuple[str, bool]]:
    return [(alert.name, alert.resolved) for alert in alerts]


def test_an_alert_fires_repeats_after_its_cooldown_and_resolves() -> None:
    clock = Clock()
    seen: list[Alert] = []
    manager = AlertManager(clock=clock)
    manager.add_rule(HOT)
    manager.add_handler(seen.append)
    assert manager.check_alerts({"heat": 80}) == []
    assert states(manager.check_alerts({"heat": 81})) == [("Hot", False)]
    clock.now += 299
    assert manager.check_alerts({"heat": 99}) == []
    assert manager.firing() == ["Hot"]
    clock.now += 2
    assert states(manager.check_alerts({"heat": 99})) == [("Hot", False)]
    assert states(manager.check_alerts({"heat": 20})) == [("Hot", True)]
    assert manager.check_alerts({"heat": 20}) == []
    assert states(seen) == [("Hot", False), ("Hot", False), ("Hot", True)]
    assert seen[0].started == seen[2].started
    assert seen[0].level is AlertLevel.WARNING
    assert manager.recent() == seen


def test_an_alert_that_flaps_within_its_cooldown_notifies_once() -> None:
    clock, manager = Clock(), AlertManager()
    manager = AlertManager([HOT], clock=clock)
    notices = []
    for _ in range(20):
        notices += [*manager.check_alerts({"heat": 90}), *manager.check_alerts({"heat": 10})]
        clock.now += 5
    assert states(notices) == [("Hot", False), ("Hot", True)]


def test_the_cooldown_is_five_minutes() -> None:
    assert AlertRule("Any", bool, AlertLevel.INFO, "").cooldown == 300


def test_broken_conditions_messages_and_handlers_stop_nothing() -> None:
    seen: list[Alert] = []

    def broken(_: Alert) -> None:
        raise RuntimeError("no connection")

    def leaves(_: Alert) -> None:
        raise SystemExit

    def no_text(_: Any) -> str:
        raise KeyError("text")

    manager = AlertManager(
        [
            AlertRule("Missing", lambda metrics: metrics["no"], AlertLevel.INFO, "x"),
            AlertRule("Textless", lambda _: True, AlertLevel.ERROR, no_text),
            HOT,
        ],
        [broken, leaves, seen.append],
    )
    assert states(manager.check_alerts({"heat": 90})) == [("Textless", False), ("Hot", False)]
    assert states(seen) == [("Textless", False), ("Hot", False)]
    assert seen[0].message == "Textless"
    assert states(manager.check_alerts(None)) == []  # nothing is known: nothing resolves
    assert manager.firing() == ["Textless", "Hot"]


def test_a_handler_that_hangs_delays_a_round_by_its_limit_and_gets_no_second_thread() -> None:
    release = threading.Event()
    calls: list[Alert] = []
    seen: list[Alert] = []

    def hangs(alert: Alert) -> None:
        calls.append(alert)
        release.wait(30)

    rules = [AlertRule("Always", lambda _: True, AlertLevel.INFO, "", cooldown=0)]
    manager = AlertManager(rules, [hangs, seen.append], handler_seconds=0.2)
    for _ in range(3):
        before = time.monotonic()
        manager.check_alerts({})
        assert time.monotonic() - before < 1
    assert (len(calls), len(seen)) == (1, 3)
    release.set()


def test_a_disabled_manager_evaluates_nothing() -> None:
    assert AlertManager([HOT], enabled=False).check_alerts({"heat": 99}) == []


@pytest.mark.parametrize(
    "options",
    [{"name": " "}, {"condition": 7}, {"cooldown": -1}, {"cooldown": float("nan")}, {"level": "loud"}],
)
def test_a_rule_that_cannot_be_is_refused(options: dict[str, Any]) -> None:
    given = {"name": "One", "condition": bool, "level": AlertLevel.INFO, "message": "", **options}
    with pytest.raises(ValueError, match=r"alert rule|is not a valid AlertLevel"):
        AlertRule(**given)


def test_an_anomaly_is_far_from_the_moving_mean() -> None:
    rule = anomaly_rule("Queue", lambda metrics: metrics, minimum=20, window=50, deviations=4)
    usual = [10 + number % 3 for number in range(60)]
    assert not any(rule.condition(value) for value in usual)
    assert rule.condition(40)
    assert rule.condition(-20)
    assert not rule.condition(None)
    assert not rule.condition(float("nan"))
    assert not rule.condition(11)
    # A level that lasts becomes usual.
    lasting = [bool(rule.condition(40)) for _ in range(200)]
    assert lasting[0]
    assert not lasting[-1]


def test_the_thresholds_of_the_configuration_are_rules() -> None:
    metrics = {
        "system": {"cpu_percent": 81.0, "memory_percent": 86.0, "disk_percent": None},
        "services": {
            "files": {"p95_response_time": 1.5, "status": "running", "last_error": None},
            "db": {"p95_response_time": None, "status": "error", "last_error": "refused"},
        },
        "tools": {"search": {"error_rate": 0.2, "p95_duration": 6.0}},
    }
    manager = AlertManager(threshold_rules(MonitoringConfig()))
    found = {alert.name: alert.message for alert in manager.check_alerts(metrics)}
    assert found == {
        "HighCPUUsage": "cpu_percent is 81.0, the threshold is 80",
        "HighMemoryUsage": "memory_percent is 86.0, the threshold is 85",
        "SlowResponses": "files: p95_response_time is 1.5; the threshold is 1",
        "FailingTools": "search: error_rate is 0.2; the threshold is 0.1",
        "SlowTools": "search: p95_duration is 6; the threshold is 5",
        "ServiceInError": "db is in error: refused",
    }


ALERT = Alert("Hot", AlertLevel.CRITICAL, "too hot\nBcc: eve@example.org", 1.7e9, 1.7e9 + 60)


def test_the_console_gets_a_line() -> None:
    stream = io.StringIO()
    ConsoleHandler(stream)(Alert("Hot", AlertLevel.CRITICAL, "too hot", 1.7e9, 1.7e9))
    assert stream.getvalue() == "2023-11-14T22:13:20.000+00:00 CRITICAL Hot: too hot\n"


class Received(BaseHTTPRequestHandler):
    bodies: list[tuple[str, Any]]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.bodies.append((self.path, json.loads(body)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[str, Any]]:
    kind = type("Kind", (Received,), {"bodies": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", kind
    server.shutdown()
    server.server_close()


def test_a_webhook_gets_the_alert(receiver: tuple[str, Any]) -> None:
    url, kind = receiver
    WebhookHandler(f"{url}/hook?key=hunter2")(ALERT)
    assert kind.bodies == [("/hook?key=hunter2", ALERT.to_dict())]
    for status in (302, 500):
        kind.status = status
        with pytest.raises(DeliveryError, match=rf"^127.0.0.1 answered {status}$"):
            WebhookHandler(f"{url}/hook?key=hunter2")(ALERT)
    with pytest.raises(ValueError, match="is no address"):
        WebhookHandler("ftp://x")


def test_mail_is_sent_and_a_message_adds_no_header() -> None:
    controller = pytest.importorskip("aiosmtpd.controller")
    received: list[bytes] = []

    class Mailbox:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            received.append(envelope.content)
            return "250 OK"

    port = free_port()
    running = controller.Controller(Mailbox(), hostname="127.0.0.1", port=port)
    running.start()
    try:
        EmailHandler(
            "127.0.0.1", port, sender="a@example.org", recipients=["b@example.org"], security="none"
        )(ALERT)
    finally:
        running.stop()
    (mail,) = map(message_from_bytes, received)
    assert mail["Subject"] == "[critical] Hot: too hot Bcc: eve@example.org"
    assert mail["Bcc"] is None
    with pytest.raises(ValueError, match="recipients"):
        EmailHandler("127.0.0.1", sender="a@example.org", recipients="b@example.org")


@pytest.mark.tools
def test_a_real_alertmanager_shows_the_alert_until_it_is_resolved(tmp_path: Path) -> None:
    (tmp_path / "am.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    address = f"127.0.0.1:{free_port()}"
    command = [needed_tool("alertmanager"), f"--config.file={tmp_path / 'am.yml'}", f"--storage.path={tmp_path}/data",
               f"--web.listen-address={address}", "--cluster.listen-address="]  # fmt: skip

    def active() -> list[Any]:
        with urlopen(f"http://{address}/api/v2/alerts?active=true", timeout=5) as answer:
            found: list[Any] = json.load(answer)
        return found

    def answers() -> bool:
        try:
            return active() == []
        except OSError:
            return False

    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(answers, 30)
            manager = AlertManager(
                [HOT], [AlertmanagerHandler(f"http://{address}/", labels={"service": "shop"})]
            )
            manager.check_alerts({"heat": 99})
            until(active)
            (alert,) = active()
            assert alert["labels"] | {"instance": ""} == {
                "alertname": "Hot", "severity": "warning", "service": "shop", "instance": "",
            }  # fmt: skip
            assert alert["annotations"] == {"summary": "too hot"}
            manager.check_alerts({"heat": 10})
            until(lambda: active() == [])
        finally:
            process.kill()
