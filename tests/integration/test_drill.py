"""A drill on a stack of its own: the page arrives, resolves, and nobody else is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import need_tool
from watchkeeper.cli import main

SPEC = str(Path(__file__).parents[2] / "monitoring" / "SLO_DEFINITIONS.yml")


@pytest.mark.integration
@pytest.mark.parametrize("alert", ["ServiceDown", "HighErrorRate"])
def test_a_critical_page_arrives_and_resolves_on_pagerduty_and_slack_only(
    alert: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for tool in ("prometheus", "alertmanager", "jaeger"):
        need_tool(tool)
    assert main(["drill", SPEC, "--alert", alert, "--fast", "--format", "json"]) == 0
    captured = capsys.readouterr()
    outcome = json.loads(captured.out)
    words = [step["words"] for step in outcome["steps"]]
    assert [word.split(": ")[:2] for word in words if word.startswith(("pagerduty", "slack"))] == [
        ["pagerduty", "firing"],
        ["slack", "firing"],
        ["pagerduty", "resolved"],
        ["slack", "resolved"],
    ]
    assert words[-1] == "nothing on email, webhook"
    seconds = [
        step["seconds"] for step in outcome["steps"] if not step["words"].startswith(("pagerduty", "slack"))
    ]
    assert seconds == sorted(seconds)


@pytest.mark.integration
def test_an_unknown_alert_is_refused_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", SPEC, "--alert", "Nothing"]) == 2
    assert "drills exist for: ServiceDown" in capsys.readouterr().err
