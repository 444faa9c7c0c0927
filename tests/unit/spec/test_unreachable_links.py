"""A warning where people would get links that only this machine can open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_spec

SPEC = """\
version: watchkeeper/v1
service: shop
runbook_base_url: {base}
alerts: [{{preset: service_down, severity: critical}}]
notify:
  receivers: {{chat: {receiver}}}
  routes: {{critical: [chat], warning: [chat]}}
stack: {{external_host: {host}}}
"""
SLACK = '{type: slack, webhook_file: secrets/slack, channel: "#a"}'
MAIL = '{{type: email, to: a@example.com, smarthost: "{host}:25"}}'


def codes(
    folder: Path,
    receiver: str,
    host: str = "localhost",
    *,
    secret: str | None = None,
    base: str = "https://books.example.com",
) -> list[str]:
    spec = folder / "monitoring" / "spec.yml"
    (folder / "monitoring" / "alertmanager" / "secrets").mkdir(parents=True)
    spec.write_text(SPEC.format(receiver=receiver, host=host, base=base), encoding="utf-8")
    if secret is not None:
        (folder / "monitoring" / "alertmanager" / "secrets" / "slack").write_text(secret, encoding="utf-8")
    return [problem.code for problem in load_spec(spec)[1] if problem.code == "WK308"]


@pytest.mark.parametrize(
    ("secret", "host", "expected"),
    [
        ("https://hooks.slack.com/x", "localhost", ["WK308"]),
        ("https://hooks.slack.com/x", "127.0.0.1", ["WK308"]),
        ("https://hooks.slack.com/x", "monitoring.example.com", []),
        ("", "localhost", []),
        (None, "localhost", []),
    ],
)
def test_a_secret_that_is_there_makes_a_receiver_real(
    tmp_path: Path, secret: str | None, host: str, expected: list[str]
) -> None:
    assert codes(tmp_path, SLACK, host, secret=secret) == expected


@pytest.mark.parametrize(("server", "expected"), [("smtp.example.com", ["WK308"]), ("localhost", [])])
def test_mail_without_a_password_reaches_people_unless_its_server_is_this_machine(
    tmp_path: Path, server: str, expected: list[str]
) -> None:
    assert codes(tmp_path, MAIL.format(host=server)) == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [("http://localhost:9190/runbooks", ["WK308"]), ("https://runbooks.example.com", [])],
)
def test_runbooks_that_only_this_machine_serves_are_named_too(
    tmp_path: Path, base: str, expected: list[str]
) -> None:
    found = codes(tmp_path, MAIL.format(host="smtp.example.com"), "monitoring.example.com", base=base)
    assert found == expected


@pytest.mark.parametrize(
    ("access", "base", "expected"),
    [
        ("{}", "http://localhost:9190/runbooks", "answers only a stack of processes"),
        ("{tls: {server_name: m.test}}", "http://localhost:9190/runbooks", "answers https only"),
        ("{tls: {server_name: m.test}}", "https://m.test:9190/runbooks", "answers only a stack of processes"),
        ("{tls: {server_name: m.test}}", "https://books.example.com:9190/runbooks", ""),
        ("{tls: {server_name: m.test}}", "https://localhost/runbooks", ""),
        ("", "http://localhost:9190/runbooks", ""),
    ],
)
def test_with_access_a_runbook_must_not_lead_to_the_port_that_containers_leave_empty(
    tmp_path: Path, access: str, base: str, expected: str
) -> None:
    path = tmp_path / "spec.yml"
    stack = f"stack: {{access: {access}}}" if access else ""
    path.write_text(f"version: watchkeeper/v1\nservice: shop\nrunbook_base_url: {base}\n{stack}\n")
    found = [one.message for one in load_spec(path)[1] if one.code == "WK313"]
    assert len(found) == bool(expected)
    assert expected in "".join(found)
