"""The sinks keep whom a message is for when its address says so plainly, and never what could be a secret."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.unit.sinks.running_sinks import RunningSinks, running_sinks

MESSAGE = {"text": "[FIRING:1] ServiceDown api"}


def _post(sinks: RunningSinks, path: str) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(sinks.url + path, data=json.dumps(MESSAGE).encode(), headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5):
        pass


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("?receiver=slack-leads", "slack-leads"),
        (f"?receiver={'a' * 64}", "a" * 64),
        ("", ""),
        (f"?receiver={'a' * 65}", ""),
        ("?receiver=https%3A%2F%2Fhooks%2FT0%2FB0", ""),
        ("?token=s3cr3t", ""),
    ],
)
def test_a_delivery_names_the_receiver_that_the_address_says(tmp_path: Path, query: str, kept: str) -> None:
    with running_sinks(tmp_path) as sinks:
        _post(sinks, f"/slack/local{query}")
        assert [one.receiver for one in sinks.client.deliveries()] == [kept]
        assert "s3cr3t" not in sinks.journal.read_text()
