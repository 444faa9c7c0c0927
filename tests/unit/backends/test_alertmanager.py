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
        "commonLabels": common([each["labels"] for each in alerts]),
        "commonAnnotations": common([each["annotations"] for each in alerts]),
        "externalURL": "http://alertmanager",
    }


def common(many: list[dict[str, str]]) -> dict[str, str]:
    return {name: value for name, value in many[0].items() if all(one.get(name) == value for one in many)}


def test_a_title_names_the_alert_that_fires(texts: Texts) -> None:
    assert texts.render("slack.title", alert("HighErrorRate")) == "[FIRING:1] HighErrorRate shop"


def test_a_title_does_not_name_resolved_alerts_while_another_fires(texts: Texts) -> None:
    mixed = (alert("HighErrorRate"), alert("ServiceDown", resolved=True))
    assert texts.render("slack.title", *mixed) == "[FIRING:1] HighErrorRate shop"
    assert texts.render("slack.title", *reversed(mixed)) == "[FIRING:1] HighErrorRate shop"


def test_a_title_names_each_alert_once_for_twenty_instances(texts: Texts) -> None:
    # Alertmanager sorts by job and instance before the name, so equal names are not adjacent.
    names = ("HighErrorRate", "HighErrorRateSlow", "ErrorRate")
    many = [alert(name, instance=f"shop-{number}:80") for number in range(20) for name in names]
    assert (
        texts.render("slack.title", *many) == "[FIRING:60] HighErrorRate, HighErrorRateSlow, ErrorRate shop"
    )


def test_a_title_names_resolved_alerts_when_nothing_fires(texts: Texts) -> None:
    gone = [
        alert(name, resolved=True, instance=at)
        for at in ("a:1", "b:1")
        for name in ("HighLatency", "ServiceDown")
    ]
    assert texts.render("slack.title", gone[0]) == "[RESOLVED] HighLatency shop"
    title = texts.render("slack.title", *gone)
    assert title == "[RESOLVED] HighLatency, ServiceDown shop"
    read = read_title(title)
    assert (read.status, read.alerts, read.service) == ("resolved", ("HighLatency", "ServiceDown"), "shop")


@pytest.mark.parametrize("channel", ["slack", "email.text"])
def test_a_message_lists_firing_alerts_first(texts: Texts, channel: str) -> None:
    text = texts.render(
        channel,
        alert("ServiceDown", resolved=True, summary="Nothing answers"),
        alert("HighErrorRate", **ANNOTATIONS),
    )
    assert text.index("Too many requests fail") < text.index("Resolved: 1") < text.index("Nothing answers")


def test_slack_and_mail_contain_everything_that_is_known(texts: Texts) -> None:
    known = alert("HighErrorRate", **ANNOTATIONS)
    lines = [
        "Too many requests fail",
        "7% of the requests fail.",
        "",
        "Service: shop",
        "Severity: critical",
        "Team: payments",
        "Labels: instance=a:1",
        "Since: 2024-05-04 10:00:00 UTC",
        "",
        "Run first: rate(errors[5m])",
    ]
    silence = (
        "http://alertmanager/#/silences/new?filter=%7Balertname%3D%22HighErrorRate%22%2C%20instance%3D%22a%3A1%22"
        "%2C%20service%3D%22shop%22%2C%20severity%3D%22critical%22%2C%20team%3D%22payments%22%7D"
    )
    assert texts.render("slack", known).splitlines() == [
        *lines,
        f"<http://runbooks/1|Runbook>  <http://grafana/d/1|Dashboard>  <{silence}|Silence>  ",
    ]
    assert texts.render("email.text", known).splitlines() == [
        *lines,
        "",
        *("Runbook: http://runbooks/1", "Dashboard: http://grafana/d/1", f"Silence: {silence}"),
    ]


def test_a_runbook_without_address_is_a_path_and_no_link(texts: Texts) -> None:
    text = texts.render("slack", alert("HighErrorRate", runbook_path="monitoring/runbooks/shop/x.md"))
    assert "Runbook in the repository: monitoring/runbooks/shop/x.md" in text
    relative = texts.render("slack", alert("HighErrorRate", runbook_url="monitoring/runbooks/shop/x.md"))
    assert "runbooks" not in relative


@pytest.mark.parametrize(
    "label", [{"path": "x" * 201}, {"http.route": "/"}], ids=["too long", "a name that the page cannot read"]
)
def test_a_silence_that_would_cover_more_than_the_alert_is_not_linked(
    texts: Texts, label: dict[str, str]
) -> None:
    with_label = alert("HighErrorRate")
    with_label["labels"] |= label
    assert "Silence" not in texts.render("email.text", with_label)
    assert "Silence" in texts.render("email.text", alert("HighErrorRate"))


def test_a_resolved_message_says_how_long_it_lasted_and_nothing_to_do(texts: Texts) -> None:
    text = texts.render("email.text", alert("HighErrorRate", resolved=True, **ANNOTATIONS))
    assert "Resolved: 2024-05-04 10:20:00 UTC, after 20m0s\n" in text
    assert "Run first" not in text
    assert "Silence" not in text


@pytest.mark.parametrize("channel", ["slack", "email.text"])
def test_what_an_alert_does_not_say_leaves_no_empty_line(texts: Texts, channel: str) -> None:
    foreign = alert("Foreign")
    foreign["labels"] = {"alertname": "Foreign"}
    lines = [line for line in texts.render(channel, foreign).splitlines() if "silences" not in line]
    said = ["Since: 2024-05-04 10:00:00 UTC", "", ""] if channel == "email.text" else []
    assert lines == (["Foreign", *said] if said else ["Since: 2024-05-04 10:00:00 UTC", ""])


def test_a_group_lists_what_its_alerts_do_not_share(texts: Texts) -> None:
    many = [
        alert(
            "HighMemoryUsage",
            instance=f"a:{number}",
            summary="Memory is short",
            description=f"{number}% used",
        )
        for number in range(12)
    ]
    text = texts.render("email.text", *many, alert("HighMemoryUsage", resolved=True, instance="b:1"))
    assert "Firing: 12\n- instance=a:0: Memory is short: 0% used\n- instance=a:1: " in text
    assert "- instance=a:9: Memory is short: 9% used\n- and 2 more\n\nResolved: 1\n- instance=b:1\n" in text


def test_alerts_of_several_names_say_which_is_which(texts: Texts) -> None:
    text = texts.render(
        "slack", alert("HighErrorRate", summary="Errors"), alert("ServiceDown", summary="Down")
    )
    assert "- alertname=HighErrorRate: Errors\n- alertname=ServiceDown: Down\n" in text
