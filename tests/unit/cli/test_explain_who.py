"""`watchkeeper explain --who` shows for every alert whom it notifies, when, and what mutes it."""

from __future__ import annotations

import json

import pytest

from scripts.mutants.routing.run import TEAMS
from tests.loading import load_plan
from watchkeeper.cli import main

_SPEC = ("--spec", str(TEAMS))


def _out(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", "--who", *_SPEC, *words]) == 0
    return capsys.readouterr().out


def test_each_alert_is_listed_once_under_its_receivers_and_hours(capsys: pytest.CaptureFixture[str]) -> None:
    text = _out(capsys)
    assert max(map(len, text.splitlines())) <= 80
    sections = {section.partition("\n")[0]: section for section in text.split("\n\n")}
    payments = sections["warning: chat-payments"]
    assert "  again every 12h, and when it is resolved; not during nights (monday to friday\n" in payments
    assert "    checkout/CheckoutAvailabilitySlowBurn\n      not while ServiceDown, Checkout" in payments
    assert "  a call every 1m, no resolves; at any hour\n" in sections["none: dead_man"]
    assert "weekend (saturday, sunday UTC)" in " ".join(sections["info: chat"].split())
    alerts = [alert for service in load_plan(TEAMS).alerting_services for alert in service.all_alerts]
    listed = [line.strip() for line in text.splitlines() if line.startswith("    ") and line[4] != " "]
    assert sorted(listed) == sorted(f"{alert.service}/{alert.name}" for alert in alerts)


def test_the_table_is_a_matrix_of_alerts_and_receivers(capsys: pytest.CaptureFixture[str]) -> None:
    head, _, *rows = _out(capsys, "--format", "md").splitlines()
    names = [cell.strip() for cell in head.strip("|").split("|")]
    down = next(row for row in rows if row.startswith("| checkout/ServiceDown "))
    cells = dict(zip(names, (cell.strip() for cell in down.strip("|").split("|")), strict=True))
    assert [name for name, cell in cells.items() if cell == "yes"] == [
        "chat-payments",
        "pager-payments",
        "resolves",
    ]
    assert (cells["hours"], cells["again"], cells["not while"]) == ("at any hour", "1h", "")


def test_programs_get_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    found = {one["alert"]: one for one in json.loads(_out(capsys, "--format", "json"))["alerts"]}
    queue = found["DeeperQueue"]
    assert (queue["receivers"], queue["again"], queue["resolves"]) == (["database", "desk"], "12h", True)
    assert queue["inhibited_by"] == ["ServiceDown"]
    assert found["Watchdog"]["resolves"] is False


def test_at_a_time_those_are_listed_whose_time_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    def told(at: str) -> list[list[str]]:
        found = {
            one["alert"]: one for one in json.loads(_out(capsys, "--at", at, "--format", "json"))["alerts"]
        }
        return [
            found[name]["receivers"] for name in ("SearchAvailabilitySlowBurn", "DeepQueue", "ServiceDown")
        ]

    # A Wednesday in winter, where Berlin is an hour ahead, and one in summer.
    critical = ["chat", "telegram"]
    assert told("2026-01-14T07:00Z") == [["teams"], ["chat"], critical]
    assert told("2026-01-14T06:59Z") == [["telegram", "email"], [], critical]
    assert told("2026-07-15T06:00+00:00") == [["teams"], ["chat"], critical]
    # Saturday; from 22:00 in Berlin warnings are muted.
    assert told("2026-07-18T10:00+00:00") == [["teams"], [], critical]
    assert told("2026-07-18T14:30+00:00") == [["telegram", "email"], [], critical]
    assert told("2026-07-15T20:00+00:00") == [[], [], critical]
    text = _out(capsys, "--at", "2026-07-15T20:00+00:00")
    assert text.startswith("at Wednesday 2026-07-15 20:00 UTC\n\n")
    assert "warning: nobody\n    checkout/DeeperQueue\n" in text
    assert "again every 1h, and when it is resolved; at this time\n" in text
    assert _out(capsys, "--at", "03:00").startswith("at ")
    assert "telegram, email at other times" in " ".join(_out(capsys).split())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--at", "03:00"), "add --who"),
        (("--who", "--at", "noon"), "'noon' is no time; write 03:00"),
        (("--who", "--at", "25:00"), "'25:00' is no time"),
        (("--who", "ServiceDown"), "leave out NAME and --target"),
        (("--who", "--target", "mimir"), "leave out NAME and --target"),
        (("--format", "md"), "only --who has the format md"),
    ],
)
def test_flags_that_do_not_fit_together_are_refused(
    words: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *_SPEC, *words]) == 2
    assert reason in capsys.readouterr().err
