"""What the drill of every alert prints: a table, JSON, and JUnit XML that CI systems read."""

from __future__ import annotations

import json
from xml.etree import ElementTree as Xml

import pytest

from tests.unit.drill.every_alert import START, trial
from watchkeeper.cli import main
from watchkeeper.cli.text.drill_table import json_text, junit_text, table_lines
from watchkeeper.cli.text.verify_machines import legal
from watchkeeper.drill.every.course import Course
from watchkeeper.drill.every.run_every import EveryOutcome
from watchkeeper.drill.every.trials import NotDrilled


def _good(name: str = "SandboxPoolDepleted") -> Course:
    return Course(
        trial(name),
        START,
        pending=3.0,
        firing=13.0,
        healed=15.0,
        resolved=20.0,
        ended=22.0,
        notified={"slack": 14.0, "email": 14.4},
        resolved_notified={"slack": 21.0, "email": 21.2},
    )


def _bad() -> Course:
    return Course(trial("HighMemoryUsage"), START, ended=60.0, wrong=["does not fire within 60 s"])


def _muted() -> Course:
    course = _good("HelloagentsApiAvailabilitySlowBurn")
    course.muted_by = ("HelloagentsApiAvailabilityFastBurn",)
    return course


def _outcome(*courses: Course, broken: str = "") -> EveryOutcome:
    not_drilled = NotDrilled(trial("MetricConflict").alert, "the demo has no fault that triggers it")
    return EveryOutcome(list(courses), (not_drilled,), 83.4, broken)


def test_the_table_shows_seconds_since_the_fault_and_since_its_removal() -> None:
    lines = list(table_lines(_outcome(_good()), lambda text, _: text))
    assert lines[0].split() == [
        "ALERT", "OUTCOME", "FIRES", "PREDICTED", "NOTIFIED", "RESOLVED", "TOLD", "SO", "RECEIVERS",
    ]  # fmt: skip
    assert lines[1].split("  ")[0] == "SandboxPoolDepleted"
    assert " ".join(lines[1].split()[1:]) == "ok 13 s 12 ± 5 s 14 s 5 s 6 s slack, email"
    assert lines[2:] == [
        "not drilled: MetricConflict: the demo has no fault that triggers it",
        "passed: 1 of 1 alerts, 1 not drilled, in 83 s",
    ]


def test_what_was_wrong_and_who_muted_whom_follow_the_table() -> None:
    lines = list(table_lines(_outcome(_good(), _bad(), _muted()), lambda text, _: text))
    assert "WRONG: HighMemoryUsage: does not fire within 60 s" in lines
    assert (
        "HelloagentsApiAvailabilitySlowBurn: muted by HelloagentsApiAvailabilityFastBurn, notified when that was over"
        in lines
    )
    assert lines[-1].startswith("FAILED: 2 of 3 alerts")


def test_json_has_every_moment() -> None:
    document = json.loads(json_text(_outcome(_good(), _bad())))
    assert document["passed"] is False
    good, bad = document["alerts"]
    assert (good["alert"], good["severity"], good["firing"]) == ("SandboxPoolDepleted", "warning", 13.0)
    assert good["resolved_notified"] == {"slack": 21.0, "email": 21.2}
    assert bad["wrong"] == ["does not fire within 60 s"]
    assert document["not_drilled"][0]["alert"] == "MetricConflict"


def test_junit_has_a_case_for_each_alert() -> None:
    root = Xml.fromstring(junit_text(_outcome(_good(), _bad()), legal))
    suite = root[0]
    assert [(one.get("name"), [child.tag for child in one]) for one in suite] == [
        ("SandboxPoolDepleted", []),
        ("HighMemoryUsage", ["failure"]),
        ("MetricConflict", ["skipped"]),
    ]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")


def test_a_drill_that_broke_off_fails_whatever_was_right_before() -> None:
    outcome = _outcome(_good(), broken="the stack was stopped during the drill")
    assert not outcome.passed
    assert "WRONG: the stack was stopped during the drill" in list(table_lines(outcome, lambda text, _: text))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "junit"], "needs --all"),
        (["--only", "HighErrorRate"], "needs --receivers or --all"),
        (["--all", "--errors", "20%"], "needs --slo"),
        (["--all", "--alertmanager", "http://127.0.0.1:1"], "needs --receivers"),
        (["--all", "--only", "Nothing"], "the spec has no alert Nothing"),
    ],
)
def test_flags_and_names_that_make_no_sense_are_unusable_input(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", *words]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
