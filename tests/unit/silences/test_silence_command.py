"""`watchkeeper silence` on the real Alertmanager: what is added mutes, what is listed is true, what is expired ends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import need_tool
from tests.unit.overview.answers import server, vector
from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from tests.unit.sinks.test_sinks_alertmanager import alertmanager, until
from watchkeeper.alertmanager_api import given_alerts, post_alerts, silences
from watchkeeper.cli import main
from watchkeeper.local_http import get_json
from watchkeeper.silences.candidates import matches
from watchkeeper.silences.matcher_text import read_matcher

REPOSITORY = Path(__file__).resolve().parents[3]
SPEC = str(REPOSITORY / "monitoring" / "SLO_DEFINITIONS.yml")

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, RunningSinks]]:
    binary = need_tool("alertmanager")
    folder = tmp_path_factory.mktemp("am")
    with running_sinks(folder) as sinks, alertmanager(folder, binary, sinks) as api:
        yield api, sinks


@pytest.fixture
def api(stack: tuple[str, RunningSinks]) -> Iterator[str]:
    """Return the address of an Alertmanager without live silences."""
    yield stack[0]
    main(["silence", "expire", "--all-mine", "--author", "tester", "--alertmanager", stack[0]])


def _run(api: str, *words: str) -> int:
    author = [] if words[0] == "list" else ["--author", "tester"]
    return main(["silence", *words, *author, "--alertmanager", api, "--spec", SPEC])


def _json(api: str, capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert _run(api, *words, "--format", "json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["silences"]
    return found


def _post(api: str, name: str, severity: str = "critical", **more: str) -> None:
    labels = {
        "alertname": name, "service": "helloagents", "severity": severity, "environment": "production", **more
    }  # fmt: skip
    post_alerts(api, [{"labels": labels}])


def _muted(api: str) -> set[str]:
    return {one.labels["alertname"] for one in given_alerts(api) if one.silenced_by}


def test_a_silence_mutes_its_alert_until_it_is_expired(
    stack: tuple[str, RunningSinks], api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (created,) = _json(api, capsys, "add", "ServiceDown", "--duration", "2h", "--comment", "upgrade")
    assert 7190 < created["ends"] - time.time() <= 7200
    assert created["mutes"] == ["ServiceDown of helloagents"]
    _post(api, "ServiceDown")
    _post(api, "HighErrorRate")
    until(lambda: _muted(api) == {"ServiceDown"})
    arrived = stack[1].client
    arrived.wait_for(lambda one: one.channel == "webhook" and "HighErrorRate" in one.alerts, timeout=30)
    (listed,) = _json(api, capsys, "list")
    assert (listed["id"], listed["author"], listed["comment"]) == (created["id"], "tester", "upgrade")
    assert (listed["mutes"], listed["state"]) == (["ServiceDown of helloagents"], "active")
    assert [one for one in arrived.deliveries() if "ServiceDown" in one.alerts] == []
    assert _run(api, "expire", created["id"][:8]) == 0
    arrived.wait_for(lambda one: "ServiceDown" in one.alerts, timeout=30)
    assert _json(api, capsys, "list") == []


def test_a_silence_that_matches_nothing_is_refused_unless_it_is_forced(
    api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(api, "add", "ServiceDwn", "--comment", "x") == 2
    err = capsys.readouterr().err
    assert 'did you mean alertname="ServiceDown"?' in err
    assert "add --force" in err
    assert _json(api, capsys, "list") == []
    (created,) = _json(api, capsys, "add", "ServiceDwn", "--comment", "x", "--force")
    assert created["mutes"] == []
    assert _json(api, capsys, "list")[0]["matches_an_alert"] is False
    assert _run(api, "list") == 0
    assert "matches no alert of the spec, and none that fires" in capsys.readouterr().out


def test_an_alert_that_fires_and_is_not_in_the_spec_can_be_silenced(
    api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _post(api, "DiskFull", disk="sda")
    assert _run(api, "add", "DiskFull", "disk=sdb", "--comment", "x") == 2
    assert 'did you mean disk="sda"?' in capsys.readouterr().err
    (created,) = _json(api, capsys, "add", "disk=~sd.", "severity!=info", "--comment", "x")
    assert created["mutes"] == ["DiskFull of helloagents"]
    until(lambda: _muted(api) == {"DiskFull"})


def test_a_deployment_keeps_warnings_and_burns_silent_and_the_other_pages_loud(
    api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    created = _json(api, capsys, "add", "--for-deploy", "helloagents")
    assert [one["comment"] for one in created] == ["deployment of helloagents"] * 2
    assert all(890 < one["ends"] - time.time() <= 900 for one in created)
    _post(api, "ServiceDown", alert_kind="service_down")
    _post(api, "HighLatency", severity="warning", alert_kind="latency_quantile")
    _post(api, "HelloagentsApiAvailabilityFastBurn", alert_kind="fast_burn")
    # The same warning in another environment is no part of this deployment.
    post_alerts(
        api,
        [{"labels": {"alertname": "Staging", "service": "helloagents", "severity": "warning", "environment": "staging"}}],
    )  # fmt: skip
    until(lambda: {"HighLatency", "HelloagentsApiAvailabilityFastBurn"} <= _muted(api))
    assert _muted(api) & {"ServiceDown", "Staging"} == set()
    _run(api, "add", "--for-deploy", "helloagents")
    assert (
        "still paging for helloagents: ServiceDown, HighErrorRate, VeryHighLatency" in capsys.readouterr().err
    )


def test_all_of_ones_own_silences_end_and_no_others(api: str, capsys: pytest.CaptureFixture[str]) -> None:
    _run(api, "add", "ServiceDown", "--comment", "mine")
    other = ["--author", "somebody", "--alertmanager", api, "--spec", SPEC]
    assert main(["silence", "add", "HighErrorRate", "--comment", "hers", *other]) == 0
    assert _run(api, "expire", "--all-mine") == 0
    assert {one["author"] for one in _json(api, capsys, "list")} == {"somebody"}
    assert main(["silence", "expire", "--all-mine", *other]) == 0
    assert [one for one in silences(api) if one.state == "active"] == []


def test_ids_that_are_unknown_or_ambiguous_end_nothing(api: str, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = _json(api, capsys, "add", "ServiceDown", "--comment", "x")
    assert _run(api, "expire", one["id"], "ffffffff-none") == 2
    assert "no silence has the id 'ffffffff-none'" in capsys.readouterr().err
    assert len(_json(api, capsys, "list")) == 1
    assert _run(api, "expire", one["id"][:3]) == 2
    assert _run(api, "expire") == 2
    assert _run(api, "expire", one["id"], "--all-mine") == 2


def test_an_alertmanager_that_does_not_answer_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("http://user:hidden@127.0.0.1:1", "list") == 2
    assert capsys.readouterr().err == "error: Alertmanager at http://127.0.0.1:1: nothing listens\n"
    assert _run("localhost:9093", "list") == 2
    assert "write http://localhost:9090" in capsys.readouterr().err


def test_matchers_mean_what_they_mean_to_alertmanager(api: str) -> None:
    given = [
        {"alertname": "Differs", "case": "a", "zone": "eu-1"},
        {"alertname": "Differs", "case": "b", "zone": "eu-1\nus", "team": "web"},
        {"alertname": "Differs", "case": "c", "zone": 'quote"back\\slash'},
        {"alertname": "Differs", "case": "d", "zone": "EU.1", "team": ""},
    ]
    post_alerts(api, [{"labels": one} for one in given])
    texts = [
        "zone=eu-1", "zone!=eu-1", "zone=~eu", "zone=~eu.*", "zone!~eu.*", "zone=~(?i)eu.1", "zone=~eu.1|EU",
        "zone=~.+us", 'zone="quote\\"back\\\\slash"', "team=", "team!=", "team=~.*", "team=~.+", "team!~web|x",
        "none=", "none!=x", "none=~", "none=~.+", "zone=~[a-z-]+[0-9]", "zone=~eu\\-1",
    ]  # fmt: skip
    for text in texts:
        matcher = read_matcher(text)
        asked = urlencode([("filter", 'alertname="Differs"'), ("filter", str(matcher))])
        theirs = {one["labels"]["case"] for one in get_json(f"{api}/api/v2/alerts?{asked}")}
        ours = {one["case"] for one in given if matches(matcher, one)}
        assert ours == theirs, text


@pytest.mark.parametrize("answer", [b"<html>", {}, [1], [{"labels": {}}], [{"status": None}], None])
def test_another_server_than_an_alertmanager_is_one_line(
    answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with server(lambda _path, _query: (200, answer)) as other:
        for words in (("list",), ("add", "ServiceDown", "--comment", "x"), ("expire", "--all-mine")):
            assert _run(other, *words) == 2, words
            (line,) = capsys.readouterr().err.splitlines()
            assert line.startswith("error: Alertmanager at http://127.0.0.1:")
        assert main(["drill", SPEC, "--receivers", "--alertmanager", other]) == 2
        assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


def test_without_a_stack_and_an_address_the_remedy_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["silence", "list", "--spec", SPEC, "--state", str(tmp_path)]) == 2
    assert "add --alertmanager URL" in capsys.readouterr().err


def test_a_spec_that_cannot_be_read_does_not_delay_a_silence(
    api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _post(api, "DiskFull")
    words = [
        "--author",
        "tester",
        "--comment",
        "x",
        "--alertmanager",
        api,
        "--spec",
        str(tmp_path / "none.yml"),
    ]
    assert main(["silence", "add", "DiskFull", *words]) == 0
    assert "compared with the alerts that fire only" in capsys.readouterr().err
    assert main(["silence", "add", "ServiceDwn", *words]) == 2


def test_an_alert_of_the_stack_itself_can_be_silenced(api: str, capsys: pytest.CaptureFixture[str]) -> None:
    (created,) = _json(api, capsys, "add", "StackTargetDown", "service=watchkeeper", "--comment", "moving")
    assert created["mutes"] == ["StackTargetDown of watchkeeper"]


def test_status_shows_the_silences_that_match_nothing(api: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ServiceDown", "Gone"):
        _json(api, capsys, "add", name, "--comment", "x", *(["--force"] if name == "Gone" else []))

    def prometheus(path: str, _: dict[str, str]) -> tuple[int, Any]:
        none = {"status": "success", "data": {"alerts": []}}
        return 200, none if path == "/api/v1/alerts" else vector([])

    with server(prometheus) as url:
        words = ["status", "--prometheus", url, "--alertmanager", api]
        assert main([*words, SPEC, "--once"]) == 0
        shown = capsys.readouterr().out
        assert "SILENCES  1 matches no alert: " in shown
        assert 'alertname="Gone" by tester' in shown
        for spec, wanted in (([SPEC], [['alertname="Gone"']]), ([], None)):
            assert main([*words, *spec, "--json"]) == 0
            found = json.loads(capsys.readouterr().out)["idle_silences"]
            assert (found and [one["matchers"] for one in found]) == wanted
