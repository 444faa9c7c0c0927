"""Credentials that leave the machine unencrypted are a warning; those that stay on it are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_spec

SPEC = """\
version: watchkeeper/v1
service: shop
targets: ["TARGET"]
scrape: {bearer_token_file: secrets/token}
"""


def codes(text: str, folder: Path) -> list[str]:
    path = folder / "spec.yml"
    path.write_text(text)
    return [problem.code for problem in load_spec(path)[1]]


@pytest.mark.parametrize(
    "target", ["shop:8000", "localhost:80", "127.0.0.1:80", "[::1]:80", "host.docker.internal:80"]
)
def test_a_token_that_stays_on_the_machine_is_none(target: str, tmp_path: Path) -> None:
    assert codes(SPEC.replace("TARGET", target), tmp_path) == []


@pytest.mark.parametrize("target", ["shop.example.com:80", "10.0.0.7:80", "[fd00::7]:80"])
def test_a_token_that_others_can_read_is_a_warning(target: str, tmp_path: Path) -> None:
    assert codes(SPEC.replace("TARGET", target), tmp_path) == ["WK310"]
    assert codes(SPEC.replace("TARGET", target).replace("{bearer", "{scheme: https, bearer"), tmp_path) == []


@pytest.mark.parametrize(("host", "expected"), [("keys.example.com", ["WK310", "WK310"]), ("127.0.0.1", [])])
def test_a_receivers_key_or_token_to_another_machine_is_a_warning(
    host: str, expected: list[str], tmp_path: Path
) -> None:
    spec = f"""\
service: shop
targets: ["shop:8000"]
alerts: [{{preset: service_down, severity: critical}}]
notify:
  receivers:
    og: {{type: opsgenie, api_key_file: secrets/o, api_url: "http://{host}/"}}
    tg: {{type: telegram, bot_token_file: secrets/t, chat_id: 4, api_url: "http://{host}"}}
  routes: {{critical: [og, tg]}}
stack: {{external_host: monitoring.example.com}}
"""
    path = tmp_path / "spec.yml"
    path.write_text(f"version: watchkeeper/v1\n{spec}")
    assert [one.code for one in load_spec(path)[1] if one.level == "warning"] == expected
