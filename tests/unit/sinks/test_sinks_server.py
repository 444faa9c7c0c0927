"""The sinks as their users meet them: what they take, refuse, show and forget."""

from __future__ import annotations

import http.client
import json
import smtplib
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from watchkeeper.sinks.delivery import CHANNELS, Delivery
from watchkeeper.sinks.sink_client import SinkClient, SinkError

MEBIBYTE = 1 << 20
PATHS = (
    "/slack/x",
    "/pagerduty/v2/enqueue",
    "/webhook/x",
    "/msteamsv2",
    "/opsgenie/x/v2/alerts",
    "/telegram/x/bot1:a/sendMessage",
)
HEALTHY: dict[str, str] = dict.fromkeys(CHANNELS, "ok")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSinks]:
    with running_sinks(tmp_path_factory.mktemp("sinks"), "--slow-seconds", "3600") as running:
        yield running


@pytest.fixture
def sinks(shared: RunningSinks) -> Iterator[RunningSinks]:
    shared.client.forget()
    yield shared
    shared.client.set_mode(HEALTHY)


def post(sinks: RunningSinks, path: str, body: object) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        sinks.url + path, data=data, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def get(sinks: RunningSinks, path: str) -> str:
    with urllib.request.urlopen(sinks.url + path, timeout=10) as response:
        return str(response.read().decode())


def post_slack(sinks: RunningSinks, title: str) -> tuple[int, str]:
    return post(sinks, "/slack/T0/B0/s3cr3t", {"attachments": [{"title": title}]})


def post_event(sinks: RunningSinks, action: str) -> tuple[int, str]:
    body = {"summary": "ServiceDown", "source": "api", "severity": "critical", "class": "ServiceDown"}
    event = {"routing_key": "k" * 32, "dedup_key": "d", "event_action": action, "payload": body}
    return post(sinks, "/pagerduty/v2/enqueue", event)


def send_mail(sinks: RunningSinks, subject: str, *, size: int = 10) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "am@example.org", "ops@example.org", subject
    message.set_content("x" * 70 + "\n" + ("y" * 70 + "\n") * (size // 71))
    host, port = sinks.smtp.split(":")
    with smtplib.SMTP(host, int(port), local_hostname="localhost", timeout=10) as server:
        server.send_message(message)


def test_a_delivery_on_every_channel_is_listed_in_order_and_journalled(sinks: RunningSinks) -> None:
    before = len(sinks.journal.read_text().splitlines())
    assert post_slack(sinks, "[FIRING:1] ServiceDown api") == (200, "ok")
    assert post_event(sinks, "resolve")[0] == 202
    send_mail(sinks, "[RESOLVED] ServiceDown api")
    assert post(sinks, "/webhook/deadman", {"status": "firing"})[0] == 200
    arrived = sinks.client.deliveries()
    expected = [("slack", "firing"), ("pagerduty", "resolved"), ("email", "resolved"), ("webhook", "firing")]
    assert expected == [(item.channel, item.status) for item in arrived]
    lines = sinks.journal.read_text().splitlines()[before:]
    assert arrived == [Delivery.from_mapping(json.loads(line)) for line in lines]
    assert not [line for line in lines if "s3cr3t" in line or "kkkk" in line]


def test_a_listing_is_narrowed_by_time_and_channel(sinks: RunningSinks) -> None:
    for title in ("[FIRING:1] A a", "[FIRING:1] B b"):
        post_slack(sinks, title)
    send_mail(sinks, "[FIRING:1] C c")
    everything = sinks.client.deliveries()
    assert everything[1:] == sinks.client.deliveries(since=everything[1].received)
    assert everything[2:] == sinks.client.deliveries(channel="email")
    assert sinks.client.deliveries(since=everything[2].received + 1) == []


@pytest.mark.parametrize("query", ["since=yesterday", "since=nan", "channel=fax"])
def test_a_listing_that_cannot_be_understood_is_refused(sinks: RunningSinks, query: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        get(sinks, f"/deliveries?{query}")
    assert query.partition("=")[2] in json.loads(caught.value.read())["error"]


@pytest.mark.parametrize("path", [*PATHS, "/mode"])
def test_no_body_of_any_kind_makes_a_route_fail(sinks: RunningSinks, path: str) -> None:
    for body in (b"", b"\x00\xff", b"[]", b"null", b'{"\\ud800": "\\ud800"}'):
        assert post(sinks, path, body)[0] in (200, 400, 422)


@pytest.mark.parametrize("path", PATHS)
def test_a_body_over_one_mebibyte_is_refused_and_one_of_that_size_is_read(
    sinks: RunningSinks, path: str
) -> None:
    assert (413, f"the body is larger than {MEBIBYTE} bytes") == post(sinks, path, b" " * (MEBIBYTE + 1))
    assert post(sinks, path, b" " * MEBIBYTE)[0] in (400, 422)
    assert sinks.client.deliveries() == []


def test_a_mail_over_one_mebibyte_is_refused(sinks: RunningSinks) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        send_mail(sinks, "[FIRING:1] ServiceDown api", size=2 * MEBIBYTE)
    assert caught.value.smtp_code == 552
    assert sinks.client.deliveries() == []


def test_the_page_lists_newest_first_and_escapes_what_it_shows(sinks: RunningSinks) -> None:
    for title in ("[FIRING:1] OldAlert <script>alert(1)</script>", "[RESOLVED] NewAlert \ud800"):
        post_slack(sinks, title)
    post(sinks, "/webhook/deadman", {"status": "firing", "groupLabels": {"alertname": "Heartbeat"}})
    shown = get(sinks, "/")
    assert shown.index("NewAlert") < shown.index("OldAlert")
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
    assert ("Heartbeat" in shown, "Heartbeat" in get(sinks, "/?channel=webhook")) == (False, True)


def test_the_page_shows_the_last_fifty(sinks: RunningSinks) -> None:
    for number in range(52):
        post_slack(sinks, f"[FIRING:1] Alert{number:02d}Down api")
    shown = get(sinks, "/")
    present = [number for number in range(52) if f"Alert{number:02d}Down" in shown]
    assert list(range(2, 52)) == present


def test_the_page_may_load_nothing_and_run_no_script(sinks: RunningSinks) -> None:
    with urllib.request.urlopen(sinks.url, timeout=10) as response:
        policy = response.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_an_empty_page_says_what_will_happen(sinks: RunningSinks) -> None:
    shown = get(sinks, "/")
    assert "Nothing yet" in shown
    assert 'http-equiv="refresh"' in shown


@pytest.mark.parametrize("mode", ["500", "429"])
def test_a_misbehaving_sink_refuses_counts_and_records_nothing(sinks: RunningSinks, mode: str) -> None:
    before = sinks.client.health()["refused"]
    sinks.client.set_mode(dict.fromkeys(CHANNELS, mode))
    answers = [post(sinks, path, {})[0] for path in PATHS]
    with pytest.raises(smtplib.SMTPDataError) as caught:
        send_mail(sinks, "x")
    assert [int(mode)] * len(PATHS) == answers
    assert {"500": 554, "429": 451}[mode] == caught.value.smtp_code
    assert sinks.client.deliveries() == []
    after = sinks.client.health()["refused"]
    assert isinstance(before, dict)
    assert {channel: count + 1 for channel, count in before.items()} == after


def test_a_sender_over_the_limit_is_told_when_to_try_again(sinks: RunningSinks) -> None:
    sinks.client.set_mode({"slack": "429"})
    with pytest.raises(urllib.error.HTTPError, match="429") as caught:
        urllib.request.urlopen(sinks.url + "/slack/x", data=b'{"text": "x"}', timeout=10)
    assert caught.value.headers["Retry-After"] == "1"


def test_one_channel_can_misbehave_while_the_others_are_well(sinks: RunningSinks) -> None:
    sinks.client.set_mode({"slack": "500"})
    assert (post_slack(sinks, "x")[0], post_event(sinks, "trigger")[0]) == (500, 202)
    sinks.client.set_mode({"slack": "ok"})
    assert post_slack(sinks, "x") == (200, "ok")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"fax": "ok"}, "unknown channel 'fax'"),
        ({"slack": "500", "email": "on fire"}, "unknown mode 'on fire' for email"),
        ([], "JSON object"),
    ],
)
def test_a_mode_that_is_none_changes_nothing(sinks: RunningSinks, wanted: object, said: str) -> None:
    status, body = post(sinks, "/mode", wanted)
    assert status == 400
    assert said in json.loads(body)["error"]
    assert sinks.client.health()["mode"] == HEALTHY


def test_a_slow_sink_records_nothing_for_a_sender_that_hung_up(tmp_path: Path) -> None:
    with running_sinks(tmp_path, "--slow-seconds", "0.3") as sinks:
        sinks.client.set_mode({"slack": "slow"})
        connection = http.client.HTTPConnection(sinks.http, timeout=10)
        connection.request("POST", "/slack/x", body=b'{"text": "given up"}')
        connection.close()
        # Sent later, this one is answered later: what came of the first is settled by then.
        assert post_slack(sinks, "patient") == (200, "ok")
        assert [item.summary for item in sinks.client.deliveries()] == ["patient"]


def test_the_client_waits_for_what_has_not_arrived_yet(sinks: RunningSinks) -> None:
    late = threading.Timer(0.3, post_slack, (sinks, "[FIRING:1] LateAlert api"))
    late.start()
    try:
        found = sinks.client.wait_for(lambda item: "LateAlert" in item.alerts, timeout=30)
    finally:
        late.join()
    assert (found.channel, found.status) == ("slack", "firing")


def test_the_client_returns_the_first_match_since_a_time(sinks: RunningSinks) -> None:
    for title in ("[FIRING:1] ServiceDown one", "[FIRING:1] ServiceDown two", "[FIRING:1] ServiceDown three"):
        post_slack(sinks, title)
    second = sinks.client.deliveries()[1]
    found = sinks.client.wait_for(lambda item: "ServiceDown" in item.alerts, timeout=5, since=second.received)
    assert second == found


def test_the_client_tells_what_arrived_instead(sinks: RunningSinks) -> None:
    with pytest.raises(TimeoutError, match="not delivered within 0 s; nothing arrived"):
        sinks.client.wait_for(lambda item: True, timeout=0)
    post_slack(sinks, "[FIRING:1] OtherAlert api")
    with pytest.raises(TimeoutError, match="1 other deliveries arrived, the last: slack firing OtherAlert"):
        sinks.client.wait_for(lambda item: False, timeout=0)


def test_the_client_says_in_one_line_that_there_are_no_sinks(unused_port: int) -> None:
    with pytest.raises(
        SinkError, match=f"no sinks at http://127.0.0.1:{unused_port}: nothing listens"
    ) as caught:
        SinkClient(f"http://127.0.0.1:{unused_port}").health()
    assert "\n" not in str(caught.value)


def test_the_client_ignores_a_proxy_in_the_environment(
    sinks: RunningSinks, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert SinkClient(sinks.url).health()["status"] == "ok"


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
