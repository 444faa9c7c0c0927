"""The texts of notifications, rendered by the real amtool as Alertmanager renders them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper.backends import alertmanager
from watchkeeper.sinks.channels.reading import read_title

SPEC = Path(__file__).resolve().parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"
START = "2024-05-04T10:00:00Z"
END = "2024-05-04T10:20:00Z"
ANNOTATIONS: dict[str, Any] = {
    "summary": "Too many requests fail",
    "description": "7% of the requests fail.",
    "query": "rate(errors[5m])",
    "dashboard_url": "http://grafana/d/1",
    "runbook_url": "http://runbooks/1",
}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Texts:
    """The rendered templates, filled in by the real amtool."""

    def __init__(self, amtool: str, folder: Path) -> None:
        """Use `folder` for the templates and the notifications."""
        self._amtool, self._folder = amtool, folder
        texts = alertmanager.render(load_plan(SPEC))["monitoring/alertmanager/templates/watchkeeper.tmpl"]
        (folder / "watchkeeper.tmpl").write_text(texts, encoding="utf-8")

    def render(self, name: str, *alerts: dict[str, Any]) -> str:
        """Return what the template of that name makes of one notification about the alerts."""
        data = self._folder / "notification.json"
        data.write_text(json.dumps(notification(alerts)), encoding="utf-8")
        done = run(
            *(self._amtool, "template", "render", f"--template.glob={self._folder}/*.tmpl"),
            *(f"--template.data={data}", f'--template.text={{{{ template "watchkeeper.{name}" . }}}}'),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n")


@pytest.fixture
def texts(amtool: str, tmp_path: Path) -> Texts:
    return Texts(amtool, tmp_path)


def alert(name: str, *, resolved: bool = False, instance: str = "a:1", **annotations: Any) -> dict[str, Any]:
    labels = {"alertname": name, "instance": instance, "service": "shop", "severity": "critical"}
    return {
        "status": "resolved" if resolved else "firing",
        "labels": {**labels, "team": "payments"},
        "annotations": annotations,
        "startsAt": START,
        "endsAt": END if resolved else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
    }


def notification(alerts: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """Return the data of a notification as Alertmanager makes it: firing while one of the alerts is."""
    firing = any(each["status"] == "firing" for each in alerts)
    return {
        "receiver": "critical",
        "status": "firing" if firing else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"service": "shop"},
        "commonLabels": {"service": "shop", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
    }


def test_a_title_names_the_alert_that_fires(texts: Texts) -> None:
    assert texts.render("title", alert("HighErrorRate")) == "[FIRING:1] HighErrorRate shop"


def test_a_title_does_not_name_resolved_alerts_while_another_fires(texts: Texts) -> None:
    mixed = (alert("HighErrorRate"), alert("ServiceDown", resolved=True))
    assert texts.render("title", *mixed) == "[FIRING:1] HighErrorRate shop"
    assert texts.render("title", *reversed(mixed)) == "[FIRING:1] HighErrorRate shop"


def test_a_title_names_each_alert_once_for_twenty_instances(texts: Texts) -> None:
    # Alertmanager sorts by job and instance before the name, so equal names are not adjacent.
    names = ("HighErrorRate", "HighErrorRateSlow", "ErrorRate")
    many = [alert(name, instance=f"shop-{number}:80") for number in range(20) for name in names]
    assert texts.render("title", *many) == "[FIRING:60] HighErrorRate, HighErrorRateSlow, ErrorRate shop"


def test_a_title_names_resolved_alerts_when_nothing_fires(texts: Texts) -> None:
    gone = [
        alert(name, resolved=True, instance=at)
        for at in ("a:1", "b:1")
        for name in ("HighLatency", "ServiceDown")
    ]
    assert texts.render("title", gone[0]) == "[RESOLVED] HighLatency shop"
    title = texts.render("title", *gone)
    assert title == "[RESOLVED] HighLatency, ServiceDown shop"
    read = read_title(title)
    assert (read.status, read.alerts, read.service) == ("resolved", ("HighLatency", "ServiceDown"), "shop")


@pytest.mark.parametrize("channel", ["slack", "mail"])
def test_a_message_lists_firing_alerts_first_and_when_the_others_resolved(texts: Texts, channel: str) -> None:
    text = texts.render(
        channel,
        alert("ServiceDown", resolved=True, summary="Nothing answers"),
        alert("HighErrorRate", **ANNOTATIONS),
    )
    firing, resolved = text.index("Too many requests fail"), text.index("Nothing answers")
    assert firing < resolved
    assert "since 2024-05-04 10:00:00 UTC, resolved at 2024-05-04 10:20:00 UTC" in text[resolved:]
    assert "resolved" not in text[:resolved]


def test_slack_and_mail_contain_everything_that_is_known(texts: Texts) -> None:
    since = "Severity critical, team payments, since 2024-05-04 10:00:00 UTC"
    assert texts.render("slack", alert("HighErrorRate", **ANNOTATIONS)).strip().splitlines() == [
        *("*Too many requests fail*", "7% of the requests fail.", since),
        "Run next: `rate(errors[5m])`",
        "Dashboard: http://grafana/d/1",
        "Runbook: http://runbooks/1",
    ]
    assert texts.render("mail", alert("HighErrorRate", **ANNOTATIONS)).strip().splitlines() == [
        *("Too many requests fail", "7% of the requests fail.", since),
        "Run next: rate(errors[5m])",
        "Dashboard: http://grafana/d/1",
        "Runbook: http://runbooks/1",
    ]


@pytest.mark.parametrize(("channel", "headline"), [("slack", "*Foreign*"), ("mail", "Foreign")])
def test_what_an_alert_does_not_say_leaves_no_empty_line(texts: Texts, channel: str, headline: str) -> None:
    foreign = alert("Foreign")
    foreign["labels"] = {"alertname": "Foreign"}
    lines = texts.render(channel, foreign).strip().splitlines()
    assert lines == [headline, "No severity, since 2024-05-04 10:00:00 UTC"]


def test_two_alerts_are_separate_in_a_message(texts: Texts) -> None:
    text = texts.render("mail", alert("HighErrorRate"), alert("ServiceDown", resolved=True))
    assert [part.splitlines()[0] for part in text.strip().split("\n\n")] == [
        "HighErrorRate",
        "ServiceDown (resolved)",
    ]
