"""Promises to customers, notes and mails: what a spec adds to the report."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.integration.recorded import prometheus
from tests.integration.report.october import AVAILABILITY, END, MONTH
from tests.integration.report.recorded_month import Month
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
_DAY = 86_400
_SPEC = """
version: watchkeeper/v1
service: checkout
team: payments
targets: ["checkout:8000"]
signals: [http, web]
slos:
  - {name: availability, objective: 99.9%, window: 30d, sli: {availability: http}}
  - {name: nobody, objective: 99%, window: 7d, sli: {latency: http, threshold: 200ms}}
sla: {availability: 99.5%, latency: {quantile: 0.95, below: 500ms}, page_load: 3s, support: {critical: 1h}}
runbook_base_url: https://runbooks.example.com
notify:
  receivers:
    pager: {type: pagerduty, routing_key_file: secrets/pager}
    mail: {type: email, to: ops@example.com, from: wk@example.com, smarthost: "127.0.0.1:PORT", require_tls: false}
  routes: {critical: [pager, mail], warning: [mail], info: [mail]}
"""
_NOTES = """
incidents:
  - from: 2026-10-10T10:00:00Z
    to: 2026-10-10T10:40:00Z
    slo: availability
    cause: <script>alert(1)</script> a lock
    public: Orders failed.
    postmortem: https://wiki.example.com/42?a=1&b="2
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a Prometheus with the objective of October, and the histograms of three of its days."""
    lines = []
    for moment in range(MONTH - 60, END + 1, 3_600):
        done = 10 * (moment - MONTH + 60)
        for le, share in (("0.5", 0.97), ("+Inf", 1.0)):
            labels = f'service="checkout",handler="/",method="GET",status_code="200",le="{le}"'
            lines.append(f"http_request_duration_seconds_bucket{{{labels}}} {done * share!r} {moment}\n")
        lines.append(
            f'http_request_duration_seconds_count{{service="checkout",status_code="200"}} {done!r} {moment}\n'
        )
    # An outage of one handler, by status: counters scraped every minute around it.
    start = AVAILABILITY.alerts[0].span[0] - 600
    for moment in range(start, start + 7_200, 60):
        broken = min(max(0, moment - start - 420), 2_400) * 18
        for handler, status, share in (("/pay", "503", 0.75), ("/cart", "500", 0.25)):
            labels = f'service="checkout",handler="{handler}",method="GET",status_code="{status}"'
            lines.append(f"http_requests_total{{{labels}}} {1000 + broken * share!r} {moment}\n")
    with prometheus(tmp_path_factory.mktemp("promises"), Month((AVAILABILITY,), tuple(lines))) as address:
        yield address


def report(server: str, folder: Path, *more: str, port: int = 1) -> tuple[int, str]:
    spec, notes, out = folder / "spec.yml", folder / "notes.yml", folder / "report.out"
    spec.write_text(_SPEC.replace("PORT", str(port)))
    notes.write_text(_NOTES)
    command = [
        "report",
        str(spec),
        "--prometheus",
        server,
        "--month",
        "2026-10",
        "--at",
        "2026-11-01T01:00:00Z",
    ]
    code = main([*command, "--notes", str(notes), "--out", str(out), *more])
    return code, out.read_text() if out.exists() else ""


def figures(server: str, folder: Path, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report(server, folder, "--format", "json", *more)[1])
    return found


def test_each_promise_is_read_from_what_measures_it(server: str, tmp_path: Path) -> None:
    found = {one["promise"]: one for one in figures(server, tmp_path)["promises"]}
    assert found["availability"]["state"] == "met"  # 99.5% is promised; the objective of 99.9% is missed
    assert found["latency"]["actual"] == pytest.approx(0.97, abs=1e-6)
    assert found["latency"]["state"] == "met"
    assert 0.99 < found["latency"]["coverage"] < 1, "that of the objectives, which have a gap of two hours"
    assert (found["page load"]["state"], found["page load"]["actual"]) == ("not enough data", None)
    assert found["support, critical"]["reason"] == "no metric measures it: compare it with your ticket system"


def test_an_objective_that_no_rule_recorded_is_not_missing(server: str, tmp_path: Path) -> None:
    document = figures(server, tmp_path)
    nobody = next(one for one in document["objectives"] if one["slo_id"] == "checkout-nobody")
    assert (nobody["state"], nobody["coverage"], nobody["target"]) == ("not enough data", 0, 0.99)
    assert [gap["seconds"] for gap in nobody["gaps"]] == [END - MONTH]


def test_incidents_have_handlers_receivers_runbooks_and_causes(server: str, tmp_path: Path) -> None:
    document = figures(server, tmp_path)
    outage = document["objectives"][0]["incidents"][0]
    culprits = [(one["handler"], one["status"]) for one in outage["by_handler_and_status"]]
    assert culprits == [("/pay", "503"), ("/cart", "500")]
    pay, cart = (one["bad"] for one in outage["by_handler_and_status"])
    assert pay == pytest.approx(3 * cart, rel=1e-6)
    assert pay + cart == pytest.approx(outage["bad_events"], rel=0.1)
    assert outage["alerts"][0]["receivers"] == ["pager", "mail"]
    assert outage["cause"].startswith("<script>")
    page = report(server, tmp_path, "--format", "html")[1]
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; a lock" in page
    assert 'href="https://runbooks.example.com/checkout/CheckoutAvailabilityFastBurn.md"' in page


def test_customers_see_promises_and_nothing_internal(server: str, tmp_path: Path) -> None:
    for output_format in ("html", "md", "json", "csv"):
        code, text = report(server, tmp_path, "--format", output_format, "--audience", "customer")
        assert code == 0, "the promise of 99.5% was kept; the objective of 99.9% is not for customers"
        assert "99.5%" in text or "0.995" in text
        for internal in (
            "FastBurn",
            "/pay",
            "a lock",
            "wiki.example.com",
            "pager",
            "127.0.0.1",
            "99.9%",
            "spec.yml",
            "nobody",
        ):
            assert internal not in text, (output_format, internal)
    assert "Orders failed." in report(server, tmp_path, "--audience", "customer", "--format", "md")[1]


def test_customers_need_promises(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "plain.yml"
    spec.write_text("version: watchkeeper/v1\nservice: checkout\ntargets: [checkout:8000]\nsignals: [http]\n")
    assert main(["report", str(spec), "--prometheus", server, "--audience", "customer"]) == 2
    assert "has no promises to customers; add `sla:`" in capsys.readouterr().err


def test_bad_notes_are_refused_with_every_place(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "wrong.yml"
    notes.write_text(
        "incidents:\n"
        "  - {from: soon, cause: x}\n"
        "  - {cause: y, postmortem: 'javascript:1', colour: red}\n"
        "other: 1\n"
    )
    assert main(["report", "--prometheus", server, "--notes", str(notes)]) == 2
    lines = capsys.readouterr().err
    for place, words in (
        (":2:12", "`from: soon` is not a time"),
        (":3:5", "`from` is missing"),
        (":3:28", "'javascript:1' is not an address"),
        (":3:44", "unknown key `colour`"),
        (":4:1", "unknown key `other`"),
    ):
        assert any(f"{notes}{place}" in line and words in line for line in lines.splitlines()), (place, lines)
    assert main(["report", "--prometheus", server, "--notes", str(tmp_path / "none.yml")]) == 2
    assert "cannot be read: no such file" in capsys.readouterr().err


class _Inbox:
    """Keeps what an SMTP server received."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 OK"


@contextmanager
def smtp(inbox: _Inbox) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    listening = loop.create_server(lambda: SMTP(inbox, hostname="localhost", loop=loop), sock=listener)
    loop.run_until_complete(listening)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def test_the_report_is_mailed_through_a_receiver(server: str, tmp_path: Path) -> None:
    inbox = _Inbox()
    with smtp(inbox) as port:
        code, page = report(server, tmp_path, "--format", "html", "--mail", "mail", port=port)
    assert code == 1
    (mail,) = (message_from_bytes(one, policy=default) for one in inbox.mails)
    assert (mail["To"], mail["From"]) == ("ops@example.com", "wk@example.com")
    assert str(mail["Subject"]).startswith("Compliance report, 2026-10: Of ")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "# Compliance report" in body.get_content()
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content().replace("\r\n", "\n") == page
    assert attachment.get_filename() == "compliance-2026-10.html"


def test_a_mail_that_cannot_be_sent_is_an_error(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(server, tmp_path, "--mail", "pager")[0] == 2
    assert "--mail: 'pager' is no e-mail receiver of the spec; choose mail" in capsys.readouterr().err
    assert report(server, tmp_path, "--mail", "mail", port=1) == (2, "")
    assert "--mail: 127.0.0.1:1: " in capsys.readouterr().err


def test_a_service_of_which_nothing_is_known_is_named(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(server, tmp_path, "--service", "chekout", "--service", "checkout")
    told = "error: --service chekout: no objective or promise of it is known in this period; did you mean checkout?"
    assert capsys.readouterr().err.splitlines()[0] == told
