"""`watchkeeper drill --receivers` on the real Alertmanager: marked, separate from real incidents, and honest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.drill.receivers.drill_site import DrillSite, drill_site
from tests.unit.sinks.test_sinks_alertmanager import until
from watchkeeper.alertmanager_api import given_alerts, post_alerts
from watchkeeper.cli import main
from watchkeeper.drill.receivers.ledger import read_ledger
from watchkeeper.sinks.delivery import CHANNELS, Delivery

pytestmark = pytest.mark.tools
NAMES = ["slack", "pagerduty", "email", "audit", "teams", "opsgenie", "telegram"]
REAL = {"alertname": "ServiceDown", "service": "shop", "severity": "critical", "environment": "production"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrillSite]:
    with drill_site(tmp_path_factory.mktemp("drill")) as site:
        yield site


@pytest.fixture
def site(running: DrillSite) -> Iterator[DrillSite]:
    """Return the site, whose sinks are empty and well, and have no drill left."""
    running.sinks.client.forget()
    yield running
    running.sinks.client.set_mode({"slack": "ok", "pagerduty": "ok"})
    until(lambda: not _drills(running))


def _drills(site: DrillSite) -> list[str]:
    return [
        one.labels["watchkeeper_drill"] for one in given_alerts(site.api) if "watchkeeper_drill" in one.labels
    ]


def _drill(site: DrillSite, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["drill", "--receivers", *site.address, "--format", "json", *flags])
    found = json.loads(capsys.readouterr().out)
    return code, {one["receiver"]: one for one in found["receivers"]}


def _of(site: DrillSite, channel: str) -> list[Delivery]:
    return [one for one in site.sinks.client.deliveries() if one.channel == channel]


def _is_marked(delivery: Delivery) -> bool:
    """Return whether what a person sees first begins with the mark; a webhook gets Alertmanager's own payload."""
    if delivery.channel == "webhook":
        body: Any = delivery.raw["body"]
        return bool(body["commonLabels"]["watchkeeper_drill"])
    return delivery.summary.startswith("[DRILL] ")


def test_every_receiver_gets_one_marked_message_and_its_end(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _drill(site, capsys)
    assert code == 0
    assert list(found) == NAMES
    for one in found.values():
        assert (one["result"], one["proven"], one["reason"]) == ("accepted", True, "")
        assert one["firing_seconds"] < 10
        assert one["resolved_seconds"] < 25
    for channel in CHANNELS:
        arrived = _of(site, channel)
        assert [one.status for one in arrived] == ["firing", "resolved"], channel
        assert all(map(_is_marked, arrived)), channel
        assert all(one.alerts == ("WatchkeeperDrill",) for one in arrived), channel
    entries = read_ledger(site.state)[-len(NAMES) :]
    assert {(one.receiver, one.proven, one.routes) for one in entries} == {
        ("slack", True, ("critical", "warning")),
        ("pagerduty", True, ("critical",)),
        ("email", True, ("warning",)),
        ("audit", True, ("warning",)),
        ("teams", True, ("warning",)),
        ("opsgenie", True, ("critical",)),
        ("telegram", True, ("warning",)),
    }


def test_a_drill_neither_joins_nor_mutes_nor_ends_a_real_incident(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    post_alerts(site.api, [{"labels": REAL}, {"labels": {**REAL, "alertname": "HighErrorRate"}}])
    until(lambda: len(_of(site, "pagerduty")) == 2)
    incidents = {one.raw["dedup_key"] for one in _of(site, "pagerduty")}
    assert _drill(site, capsys)[0] == 0
    everything = _of(site, "pagerduty")
    keys = {one.raw["dedup_key"] for one in everything}
    assert (len(incidents), len(keys)) == (2, 3)
    assert [one.status for one in everything if one.raw["dedup_key"] in incidents] == ["firing"] * 2
    drill = [one.status for one in everything if one.raw["dedup_key"] not in incidents]
    assert drill == ["firing", "resolved"]
    real = [one for one in given_alerts(site.api) if "watchkeeper_drill" not in one.labels]
    assert len(real) == 2
    assert [one for one in real if one.inhibited_by or one.silenced_by] == []
    # A second drill is another incident again.
    assert _drill(site, capsys, "--only", "pagerduty")[0] == 0
    assert len({one.raw["dedup_key"] for one in _of(site, "pagerduty")}) == 4


def test_a_receiver_that_fails_is_named_with_alertmanagers_reason_and_the_others_are_proven(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    key = site.secrets / "audit"
    kept = key.read_text()
    key.unlink()
    try:
        site.sinks.client.set_mode({"pagerduty": "500"})
        code, found = _drill(site, capsys)
    finally:
        key.write_text(kept)
    assert code == 1
    assert {name for name, one in found.items() if not one["proven"]} == {"pagerduty", "audit"}
    assert found["pagerduty"]["result"] == found["audit"]["result"] == "failed"
    assert found["pagerduty"]["reason"] == "its server answers with an error of its own (serverError)"
    assert found["audit"]["reason"] == "its server cannot be reached, or its secret cannot be read (other)"
    assert [one.result for one in read_ledger(site.state)[-len(NAMES) :]].count("failed") == 2


def test_a_silence_that_covers_everything_is_named(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--alertmanager", site.api, "--spec", str(site.spec), "--author", "tester"]
    assert main(["silence", "add", "alertname=~.+", "--comment", "all", "--force", *where]) == 0
    try:
        code, found = _drill(site, capsys, "--only", "slack")
    finally:
        assert main(["silence", "expire", "--all-mine", *where]) == 0
    assert code == 1
    assert found["slack"]["result"] == "muted"
    assert found["slack"]["reason"].startswith("muted by silence ")


def test_text_says_who_took_it_and_where_it_is_recorded(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "--receivers", *site.address, "--only", "slack"]) == 0
    out, err = capsys.readouterr()
    assert "sending a message marked [DRILL] to slack" in err
    assert "accepted  slack: by its server, after " in out
    assert "proven: 1 of 1 receivers, firing and resolved" in out
    assert "receiver-drills.jsonl" in out


def test_an_interrupted_drill_ends_its_alerts(site: DrillSite) -> None:
    command = [
        sys.executable,
        "-m",
        "watchkeeper",
        "drill",
        "--receivers",
        *site.address,
        "--only",
        "pagerduty",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"}) as process:
        until(lambda: bool(_of(site, "pagerduty")))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    until(lambda: [one.status for one in _of(site, "pagerduty")] == ["firing", "resolved"])
    assert not _drills(site)


def test_a_killed_drill_ends_by_itself_and_a_second_one_waits_for_it(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", "watchkeeper", "drill", "--receivers", *site.address, "--only", "slack"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        until(lambda: bool(_drills(site)))
        process.kill()
    ends = _ends(site)
    assert 0 < ends - time.time() <= 180
    assert main(["drill", "--receivers", *site.address]) == 2
    assert "another drill is running, or was killed" in capsys.readouterr().err
    (left,) = [one for one in given_alerts(site.api) if "watchkeeper_drill" in one.labels]
    post_alerts(
        site.api,
        [{"labels": dict(left.labels), "endsAt": "2020-01-01T00:00:00Z", "startsAt": "2019-01-01T00:00:00Z"}],
    )


def _ends(site: DrillSite) -> float:
    from watchkeeper.local_http import get_json
    from watchkeeper.prometheus_api import moment

    listed = get_json(f"{site.api}/api/v2/alerts")
    return next(moment(one["endsAt"]) for one in listed if "watchkeeper_drill" in one["labels"])


def test_send_test_shares_the_way_and_writes_no_ledger(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read_ledger(site.state)
    capsys.readouterr()
    words = [
        str(site.spec),
        "--send-test",
        "--mode",
        "native",
        "--alertmanager",
        site.api,
        "--state",
        str(site.state.folder),
    ]
    assert main(["secrets", "check", *words, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["result"] for one in document["test"]["receivers"]] == ["accepted"] * len(NAMES)
    assert [one["faults"] for one in document["files"]] == [[]] * 6
    assert read_ledger(site.state) == before
    assert _is_marked(_of(site, "slack")[0])


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--only", "slck"), "did you mean slack?"),
        (("--fast",), "omit --fast"),
        (("--alertmanager", "localhost"), "is not an address"),
        (("--alertmanager", "http://127.0.0.1:1"), "Alertmanager: nothing listens"),
    ],
)
def test_unusable_arguments_send_nothing(
    site: DrillSite, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], words: str
) -> None:
    assert main(["drill", "--receivers", *site.address, *flags]) == 2
    assert words in capsys.readouterr().err
    assert site.sinks.client.deliveries() == []


def test_flags_of_the_receivers_need_the_receivers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "--only", "slack"]) == 2
    assert "needs --receivers" in capsys.readouterr().err


def test_an_alertmanager_that_names_no_receivers_or_has_an_older_render_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with drill_site(tmp_path, features="utf8-strict-mode") as old:
        assert main(["drill", "--receivers", *old.address]) == 2
        assert "receiver-name-in-metrics" in capsys.readouterr().err


def test_a_receiver_that_alertmanager_does_not_know_yet_is_refused(
    site: DrillSite, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = site.spec.read_text()
    site.spec.write_text(kept.replace("audit", "second"))
    try:
        assert main(["drill", "--receivers", *site.address]) == 2
    finally:
        site.spec.write_text(kept)
    assert "no drill route for second: render the spec" in capsys.readouterr().err
