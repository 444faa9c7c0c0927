"""Each planted fault is found and named; real secrets pass; no message shows a part of a secret."""

from __future__ import annotations

from typing import get_args

import pytest

from watchkeeper.backends.secrets_readme import CONTENT
from watchkeeper.model.notify import ReceiverKind
from watchkeeper.secret_files.contents import CHECKS, content_faults

KEY = "3f9Ac1e07b5d4826aE91c0f7d2b86354"
# In pieces, so that nobody takes it for a real one.
SLACK = "https://hooks.slack.com/" + "services/T4F9QZ1/B7K2M8P/a9Vq3LrT"

GOOD = [
    ("slack", SLACK),
    ("slack", f"  {SLACK}\n"),
    ("slack", "https://hooks.slack.com/" + "workflows/T4F9QZ1/A7K2/46/a9Vq3LrT"),
    ("slack", "https://chat.mycompany.io/hooks/a9Vq3LrT"),
    ("slack", "http://127.0.0.1:9199/slack/local"),
    ("slack", "http://sinks:9199/slack/local"),
    ("pagerduty", KEY),
    ("pagerduty", f"{KEY}\r\n"),
    ("webhook", "https://hc-ping.com/4f9d2c1e"),
    ("webhook", "http://localhost:9199/webhook/deadman"),
    (
        "msteamsv2",
        "https://prod-21.westeurope.logic.azure.com/workflows/4f9d2c1e/triggers/manual/paths/invoke",
    ),
    ("opsgenie", "3f9ac1e0-7b5d-4826-ae91-c0f7d2b86354"),
    ("telegram", "6123456789:" + "AAF9dQ7k2mVx3tLpR8sWzYbC1nEoGhJuI4v"),
    ("email", "correct horse battery staple"),
    ("email", "P@ßwörd-8"),
    ("grafana", "Jk3_vQz9-rT1"),
]

BAD = [
    ("slack", b"", "empty"),
    ("slack", b"\n", "blank"),
    ("pagerduty", b" \t\r\n ", "blank"),
    ("slack", b"\xff\xfeh", "binary"),
    ("slack", b"\xef\xbb\xbf" + SLACK.encode(), "binary"),
    ("email", b"pass\x00word1", "binary"),
    ("pagerduty", f"# the key\n{KEY}\n".encode(), "lines"),
    ("email", b"one\ntwo\n", "lines"),
    ("email", b"changeme\n", "placeholder"),
    ("email", b"change-me", "placeholder"),
    ("email", b"<password>", "placeholder"),
    ("email", b"${SMTP_PASSWORD}", "placeholder"),
    ("email", b"password", "placeholder"),
    ("grafana", b"admin", "placeholder"),
    ("pagerduty", b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "placeholder"),
    ("pagerduty", b"00000000000000000000000000000000", "placeholder"),
    ("pagerduty", b"0123456789abcdef0123456789abcdef", "placeholder"),
    ("pagerduty", b"YOUR_KEY_HERE", "placeholder"),
    ("slack", b"https://hooks.slack.com/services/T000/B000/XXXX", "placeholder"),
    (
        "slack",
        b"https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "placeholder",
    ),
    ("slack", b"https://hooks.slack.com/services/...", "placeholder"),
    ("webhook", b"https://hooks.example.com/abc", "placeholder"),
    ("slack", b"xoxb-17653672481-19874698323-pdFZKVeT", "wrong-kind"),
    ("slack", KEY.encode(), "wrong-kind"),
    ("msteamsv2", SLACK.encode(), "wrong-kind"),
    ("msteamsv2", KEY.encode(), "wrong-kind"),
    ("opsgenie", KEY.encode(), "malformed"),
    ("telegram", b"6123456789", "malformed"),
    ("telegram", b"https://api.telegram.org/bot61:AAF9", "malformed"),
    ("slack", b"https://mycompany.slack.com/archives/C01", "wrong-kind"),
    ("slack", b"https://events.pagerduty.com/v2/enqueue", "wrong-kind"),
    ("slack", b"https://hooks.slack.com/services/T4F9QZ1", "malformed"),
    ("slack", SLACK.replace("https", "http").encode(), "insecure"),
    ("pagerduty", SLACK.encode(), "wrong-kind"),
    ("pagerduty", b"y_NbAkKc66ryYTWUXYEu", "wrong-kind"),
    ("pagerduty", KEY[:-1].encode(), "malformed"),
    ("pagerduty", (KEY[:-1] + "_").encode(), "malformed"),
    ("webhook", b"hc-ping.com/4f9d2c1e", "wrong-kind"),
    ("webhook", b"https://[broken/", "wrong-kind"),
    ("webhook", b"http://hc-ping.com/4f9d2c1e", "insecure"),
    ("webhook", b"http://10.1.2.3/alerts", "insecure"),
    ("webhook", SLACK.encode(), "wrong-kind"),
    ("email", SLACK.encode(), "wrong-kind"),
]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_a_real_secret_has_no_fault(kind: str, text: str) -> None:
    assert list(content_faults(kind, text.encode())) == []


@pytest.mark.parametrize(("kind", "content", "fault"), BAD)
def test_each_planted_fault_is_found_and_nothing_of_the_content_is_shown(
    kind: str, content: bytes, fault: str
) -> None:
    found = list(content_faults(kind, content))
    assert [each.name for each in found] == [fault]
    words = f"{found[0].message} {found[0].remedy}"
    text = content.decode(errors="replace").strip()
    # The addresses of the services themselves are in the advice.
    for part in text.replace("https://hooks.slack.com/services", "").split("/"):
        assert len(part) < 4 or part not in words or part in ("password", "https:"), part


def test_every_kind_of_receiver_has_its_check_and_its_line_on_the_page() -> None:
    assert set(CONTENT) == {*get_args(ReceiverKind)}
    assert set(CHECKS) == {*get_args(ReceiverKind), "password", "token", "grafana"}


@pytest.mark.parametrize("kind", CHECKS)
@pytest.mark.parametrize("content", [b"\x00", b"http://", b"https://:99999/", b"//", b"{{ x }}", b"\n\xff"])
def test_any_content_is_answered(kind: str, content: bytes) -> None:
    assert all(fault.remedy for fault in content_faults(kind, content))
