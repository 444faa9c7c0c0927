"""`watchkeeper verify` passes what is right and names what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from watchkeeper.cli import main

SPEC = Path("monitoring/SLO_DEFINITIONS.yml")
RULES = Path("monitoring/prometheus/alerts/my-service.yml")
ROUTES = Path("monitoring/alertmanager/alertmanager.yml")


@pytest.fixture
def rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promtool: str, amtool: str, jaeger: str
) -> Path:
    """Return a folder with a fresh spec, rendered."""
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert main(["render"]) == 0
    return tmp_path


def _verify(
    capsys: pytest.CaptureFixture[str],
) -> tuple[int, dict[str, dict[str, str]], list[dict[str, object]]]:
    capsys.readouterr()
    code = main(["verify", "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    alerts = [alert for alert in document["alerts"] if alert["service"] != "watchkeeper"]
    return code, {check["check"]: check for check in document["checks"]}, alerts


def test_the_stacks_own_alerts_are_proven_and_the_watchdog_reaches_nobody(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--format", "json"]) == 0
    _, _, document = capsys.readouterr().out.partition("{")
    own = [alert for alert in json.loads("{" + document)["alerts"] if alert["service"] == "watchkeeper"]
    assert len(own) == 16
    watchdog, *others = own
    assert (watchdog["alert"], watchdog["fires"], watchdog["reached"]) == ("Watchdog", True, [])
    for alert in others:
        assert alert["reached"] == ["slack"]
        assert (alert["fires"], alert["silent"], alert["resolves"]) == (True, True, True)
    # Without its route the Watchdog would reach people.
    ROUTES.write_text(ROUTES.read_text().replace('alert_kind = "watchdog"', 'alert_kind = "other"'))
    assert main(["verify"]) == 1
    assert "slack through unrouted" in capsys.readouterr().out


def test_a_fresh_render_passes_and_every_alert_reaches_its_people(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, checks, alerts = _verify(capsys)
    assert {name: check["verdict"] for name, check in checks.items() if check["verdict"] == "failed"} == {}
    assert checks["rules"]["detail"] == "47 rules in 4 files"
    assert [alert["alert"] for alert in alerts] == [
        "ServiceDown",
        "HighErrorRate",
        "MetricConflict",
        "MyServiceAvailabilityFastBurn",
        "MyServiceAvailabilitySlowBurn",
        "MyServiceAvailabilityBudgetExhausted",
        "MyServiceAvailabilityMetricMissing",
    ]
    for alert in alerts:
        assert alert["reached"] == ["slack"]
        assert (alert["fires"], alert["silent"], alert["resolves"]) == (True, True, True)
    assert code == 0


def test_an_empty_rule_file_fails_though_promtool_is_content(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RULES.write_text("")
    code, checks, _ = _verify(capsys)
    assert (code, checks["rules"]["verdict"]) == (1, "failed")
    assert "44 rules, but the spec needs 47" in checks["rules"]["detail"]
    assert checks["proofs"]["verdict"] == "failed"


def test_a_rule_that_cannot_be_parsed_fails_with_promtools_words(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RULES.write_text(RULES.read_text().replace("absent(", "absnt("))
    code, checks, _ = _verify(capsys)
    assert (code, checks["rules"]["verdict"]) == (1, "failed")
    assert "absnt" in checks["rules"]["detail"]


def test_a_route_that_leads_elsewhere_fails_and_names_the_alert(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ROUTES.write_text(ROUTES.read_text().replace('severity = "critical"', 'severity = "crit"'))
    code, checks, alerts = _verify(capsys)
    assert (code, checks["routes"]["verdict"]) == (1, "failed")
    assert [alert["reached"] for alert in alerts] == [["slack through unrouted"]] * 2 + [["slack"]] + [
        ["slack through unrouted"]
    ] + [["slack"]] * 3


def test_a_receiver_that_lost_its_integration_fails(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ROUTES.read_text()
    start = text.index("  - name: critical\n")
    end = text.index("  - name: warning\n")
    ROUTES.write_text(text[:start] + "  - name: critical\n" + text[end:])
    code, checks, alerts = _verify(capsys)
    assert (code, checks["routes"]["verdict"]) == (1, "failed")
    assert [alert["reached"] for alert in alerts] == [[]] * 2 + [["slack"]] + [[]] + [["slack"]] * 3


def test_a_missing_or_broken_alertmanager_file_reaches_nobody(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (None, "receivers: [", "receivers: 3"):
        ROUTES.unlink(missing_ok=True)
        if text is not None:
            ROUTES.write_text(text)
        code, checks, alerts = _verify(capsys)
        assert (code, checks["routes"]["verdict"]) == (1, "failed")
        assert [alert["reached"] for alert in alerts] == [[]] * 7


def test_what_could_not_be_checked_is_a_hole(
    rendered: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchkeeper.verify.published_files.find", lambda _: None)
    code, checks, _ = _verify(capsys)
    assert (code, checks["rules"]["verdict"]) == (1, "skipped")


def test_a_file_that_cannot_be_read_is_left_to_the_tools(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Even root cannot read this one: the process has no memory at address 0.
    (rendered / "monitoring/prometheus/theirs.yml").symlink_to("/proc/self/mem")
    code, _, _ = _verify(capsys)
    assert code == 0
