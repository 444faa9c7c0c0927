"""Mail is decoded to what a person would read, however it was encoded."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watchkeeper.sinks.channels import mail
from watchkeeper.sinks.delivery import Delivery

HTML = """<html><head><title>hidden</title><style>.x{}</style></head><body>
<p>Labels</p>alertname = HighErrorRate<br/>service = helloagents<br>
severity = warning<table><tr><td>A &amp; B</td></tr></table></body></html>"""


def decode(content: bytes) -> Delivery:
    return mail.decode(content, recipients=["ops@example.org"], received=9.0)


def test_a_multipart_message_gives_subject_recipients_and_its_plain_text() -> None:
    message = EmailMessage()
    message["From"] = "Alerts <alerts@example.org>"
    message["Subject"] = "[FIRING:1] HighErrorRate helloagents – 7 % über Ziel"
    message.set_content("severity: warning\nDie Hälfte schlägt fehl.\n", cte="quoted-printable")
    message.add_alternative(HTML, subtype="html", cte="base64")
    content = message.as_bytes()
    subject = "[FIRING:1] HighErrorRate helloagents – 7 % über Ziel"
    expected = Delivery(
        received=9.0,
        channel="email",
        status="firing",
        alerts=("HighErrorRate",),
        severity="warning",
        service="helloagents",
        summary=subject,
        raw={
            "from": "Alerts <alerts@example.org>",
            "to": ["ops@example.org"],
            "subject": subject,
            "text": "severity: warning\nDie Hälfte schlägt fehl.",
            "html": HTML + "\n",
            "headers": {
                "From": "Alerts <alerts@example.org>",
                "Subject": subject,
                "MIME-Version": "1.0",
                "Content-Type": f'multipart/alternative; boundary="{message.get_boundary()}"',
            },
        },
    )
    assert expected == decode(content)


def test_a_message_with_html_only_is_read_as_a_browser_shows_it() -> None:
    message = EmailMessage()
    message["Subject"] = "[RESOLVED] trouble"
    message.set_content(HTML, subtype="html")
    found = decode(message.as_bytes())
    text = "Labels\nalertname = HighErrorRate\nservice = helloagents\nseverity = warning\nA & B"
    assert ("resolved", ("HighErrorRate",), "warning", "helloagents", text) == (
        found.status,
        found.alerts,
        found.severity,
        found.service,
        found.raw["text"],
    )


@pytest.mark.parametrize(
    ("content", "subject", "text"),
    [
        (b"Subject: =?utf-8?q?[RESOLVED]_S=C3=BC=C3=9F?=\r\n\r\nbody", "[RESOLVED] Süß", "body"),
        (b"Subject: x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\ncaf\xc3\xa9", "x", "café"),
        (b"Subject: x\r\nContent-Type: text/plain; charset=iso-8859-99\r\n\r\ncaf\xc3\xa9", "x", "café"),
        (b"Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9", "x", "café"),
        ("Subject: Süß\r\n gefaltet\r\n\r\nbody".encode(), "Süß gefaltet", "body"),
        (b"Subject: outer\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 20_000, "outer", ""),
        (b"Subject: =?nonsense?q?x?=\r\n\r\nbody", "=?nonsense?q?x?=", "body"),
        (b"Subject: =?utf-8?b?a?=\r\n\r\nbody", "=?utf-8?b?a?=", "body"),
        (b"no header at all", "", "no header at all"),
        (b"", "", ""),
    ],
)
def test_odd_encodings_are_read_as_far_as_they_go(content: bytes, subject: str, text: str) -> None:
    raw = decode(content).raw
    assert (subject, text) == (raw["subject"], raw["text"])


def test_an_attachment_is_not_the_text_of_a_message() -> None:
    message = EmailMessage()
    message.set_content("<p>shown</p>", subtype="html")
    message.add_attachment("attached", filename="notes.txt")
    assert decode(message.as_bytes()).raw["text"] == "shown"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", [b"<!--", b"<a b=", b"<a '", b"</", b"<![", b"<script>"])
def test_hostile_markup_does_not_stall_the_sink(unit: bytes) -> None:
    lines = [unit * (900 // len(unit))] * 500
    content = b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + b"\r\n".join(lines)
    assert decode(content).summary == "x"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", [b"Content-Type", b"Content-Disposition", b"Subject"])
@pytest.mark.parametrize("unit", [b";", b"a=b;", b"=?utf-8?q?"])
def test_a_hostile_header_does_not_stall_the_sink(name: bytes, unit: bytes) -> None:
    folded = b"\r\n ".join([unit * (900 // len(unit))] * 1100)
    assert decode(b"From: a\r\n" + name + b": " + folded + b"\r\n\r\nbody").raw["from"] == "a"


def test_an_indented_listing_is_kept_whole() -> None:
    listing = "\n".join(f"  - label{number} = value" for number in range(100))
    found = decode(f"Subject: x\r\n\r\nLabels:\n{listing}".encode())
    assert found.raw["text"] == f"Labels:\n{listing}"


def test_a_run_of_indented_lines_is_cut_where_a_folded_header_would_be() -> None:
    found = decode(b"Subject: x\r\n\r\nstart" + b"\r\n " * 1 + b"\r\n ".join([b"y" * 900] * 100) + b"\r\nend")
    text = str(found.raw["text"])
    assert (text.startswith("start"), text.endswith("end"), text.count("y" * 900)) == (True, True, 9)


@given(st.binary(max_size=400), st.sampled_from(["Subject", "From", "Content-Type", "Content-Disposition"]))
@example(b"multipart/mixed; boundary=", "Content-Type")
@example(b"=?utf-8?b?\xff?=", "Subject")
def test_no_message_is_too_malformed_to_record(content: bytes, header: str) -> None:
    delivery = decode(header.encode() + b": " + content + b"\r\n\r\n" + content)
    assert delivery.to_json().isascii()
